/* WebSocket load on 127.0.0.1: a fixed number of connections, each with at most one message in flight.
 *
 * Usage: ws_load PORT PATH CONNECTIONS MESSAGES MODE EXPECT WARM_UP_S SECONDS COUNT THINK_MS
 *
 *   MESSAGES   file, one message a line (LF); "-": none, the connections stay idle
 *   MODE       each: connection i always sends line i modulo lines; sequence: each message is the next line
 *   EXPECT     text that every reply must hold; a reply without it counts as an error
 *   SECONDS    how long is measured, after the warm-up; 0: until COUNT replies have come
 *   THINK_MS   pause of a connection between a reply and its next message
 *
 * Prints "begin" when measuring begins, "end" when it ends, then one line of JSON. Idle: "begin" once all
 * connections are open, "end" when standard input ends. Pings are answered at all times. Any broken
 * connection is fatal: a figure with losses is no figure.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 20000, OPENING_AT_ONCE = 128, EVENTS = 512, MAX_SAMPLES = 20000000 };
enum phase { CONNECTING, SHAKING, OPEN };

struct text {
    char *bytes;
    size_t length;
};

struct connection {
    int fd;
    enum phase phase;
    char *in;
    size_t in_length, in_room;
    struct text out; /* what is being sent; not owned */
    size_t out_sent;
    int waiting;  /* a message is in flight */
    double sent_at, send_at;
};

static struct connection *connections;
static struct text *frames;
static size_t frame_count, next_frame;
static int epoll_fd, count, opened, opening, in_sequence, talking, measuring;
static const char *expect, *path;
static struct sockaddr_in address;
static uint32_t *samples; /* latencies in 0.1 us */
static size_t sample_count, sample_room, errors, replies;
static double think_s;

static void die(const char *what) {
    fprintf(stderr, "ws_load: %s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *grow(void *block, size_t size) {
    void *grown = realloc(block, size);
    if (!grown) die("memory");
    return grown;
}

/* A frame as a client sends it. The mask is not zero: servers skip unmasking then. */
static struct text make_frame(int opcode, const char *bytes, size_t length) {
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char *frame = grow(NULL, length + 14);
    size_t at = 0;
    frame[at++] = (unsigned char)(0x80 | opcode);
    if (length < 126) {
        frame[at++] = (unsigned char)(0x80 | length);
    } else if (length < 65536) {
        frame[at++] = 0x80 | 126;
        frame[at++] = (unsigned char)(length >> 8);
        frame[at++] = (unsigned char)length;
    } else {
        frame[at++] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8) frame[at++] = (unsigned char)((uint64_t)length >> shift);
    }
    memcpy(frame + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < length; i++) frame[at + i] = (unsigned char)bytes[i] ^ mask[i % 4];
    return (struct text){(char *)frame, at + length};
}

static void read_messages(const char *name) {
    FILE *file = fopen(name, "rb");
    if (!file) die(name);
    char *line = NULL;
    size_t room = 0, frame_room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] == '\n') length--;
        if (frame_count == frame_room) frames = grow(frames, (frame_room = frame_room * 2 + 64) * sizeof *frames);
        frames[frame_count++] = make_frame(1, line, (size_t)length);
    }
    free(line);
    fclose(file);
    errno = 0;
    if (!frame_count) die("no messages");
}

static void watch(struct connection *c, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event)) die("epoll_ctl");
}

static void send_out(struct connection *c) {
    while (c->out_sent < c->out.length) {
        ssize_t n = send(c->fd, c->out.bytes + c->out_sent, c->out.length - c->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            watch(c, EPOLLIN | EPOLLOUT);
            return;
        }
        if (n < 0) die("send");
        c->out_sent += (size_t)n;
        if (c->out_sent == c->out.length && n != (ssize_t)c->out.length) watch(c, EPOLLIN);
    }
}

static void start_sending(struct connection *c, struct text frame) {
    if (c->out_sent < c->out.length) die("a frame is still being sent");
    c->out = frame;
    c->out_sent = 0;
    send_out(c);
}

static void send_message(struct connection *c, double at) {
    size_t which = in_sequence ? next_frame++ % frame_count : (size_t)(c - connections) % frame_count;
    c->waiting = 1;
    c->sent_at = at;
    start_sending(c, frames[which]);
}

static void open_next(void) {
    struct connection *c = &connections[opened + opening];
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) die("connect");
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event)) die("epoll_ctl");
    c->phase = CONNECTING;
    opening++;
}

static void shake_hands(struct connection *c) {
    static char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          path, ntohs(address.sin_port));
    if (length >= (int)sizeof request) die("path too long");
    c->phase = SHAKING;
    watch(c, EPOLLIN);
    start_sending(c, (struct text){request, (size_t)length});
}

static void keep_sample(double seconds) {
    if (sample_count == sample_room) {
        sample_room = sample_room * 2 + 65536;
        if (sample_room > MAX_SAMPLES) die("too many samples");
        samples = grow(samples, sample_room * sizeof *samples);
    }
    samples[sample_count++] = seconds > 400 ? UINT32_MAX : (uint32_t)(seconds * 1e7);
}

static void take_reply(struct connection *c, const char *bytes, size_t length) {
    double at = now();
    if (!c->waiting) die("a reply nobody asked for");
    c->waiting = 0;
    replies++;
    if (!memmem(bytes, length, expect, strlen(expect))) {
        if (!errors++) fprintf(stderr, "ws_load: unexpected reply: %.*s\n", (int)(length < 400 ? length : 400), bytes);
    }
    if (measuring) keep_sample(at - c->sent_at);
    if (think_s > 0)
        c->send_at = at + think_s;
    else
        send_message(c, at);
}

static void answer_ping(struct connection *c, const char *bytes, size_t length) {
    struct text pong = make_frame(10, bytes, length);
    if (c->out_sent == c->out.length && send(c->fd, pong.bytes, pong.length, MSG_NOSIGNAL) != (ssize_t)pong.length)
        die("pong");
    free(pong.bytes);
}

/* Takes one frame from the front of the buffer; returns its length, 0 if it is not all there. */
static size_t take_frame(struct connection *c, const unsigned char *in, size_t length) {
    if (length < 2) return 0;
    int opcode = in[0] & 15;
    size_t head = 2, size = in[1] & 127;
    if (size == 126) {
        if (length < 4) return 0;
        size = (size_t)in[2] << 8 | in[3];
        head = 4;
    } else if (size == 127) {
        if (length < 10) return 0;
        size = 0;
        for (int i = 2; i < 10; i++) size = size << 8 | in[i];
        head = 10;
    }
    if (length < head + size) return 0;
    if (opcode == 8) die("the server closed a WebSocket");
    if (opcode == 9)
        answer_ping(c, (const char *)in + head, size);
    else if (opcode == 1 || opcode == 2)
        take_reply(c, (const char *)in + head, size);
    return head + size;
}

static void read_in(struct connection *c) {
    if (c->in_room - c->in_length < 2048) c->in = grow(c->in, c->in_room = c->in_room * 2 + 2048);
    ssize_t n = recv(c->fd, c->in + c->in_length, c->in_room - c->in_length, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("the server ended a connection");
    c->in_length += (size_t)n;
    size_t at = 0, taken;
    if (c->phase == SHAKING) {
        char *end = memmem(c->in, c->in_length, "\r\n\r\n", 4);
        if (!end) return;
        if (c->in_length < 12 || memcmp(c->in, "HTTP/1.1 101", 12)) die("the handshake was refused");
        at = (size_t)(end + 4 - c->in);
        c->phase = OPEN;
        opening--;
        opened++;
    }
    while ((taken = take_frame(c, (unsigned char *)c->in + at, c->in_length - at))) at += taken;
    memmove(c->in, c->in + at, c->in_length -= at);
    if (!c->in_length && !frame_count) {
        free(c->in);
        c->in = NULL;
        c->in_room = 0;
    }
}

static void turn(int timeout_ms) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll_fd, events, EVENTS, timeout_ms);
    if (n < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (!c) continue; /* standard input */
        if (c->phase == CONNECTING) {
            int error = 0;
            socklen_t size = sizeof error;
            getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
            if ((errno = error)) die("connect");
            shake_hands(c);
            continue;
        }
        if (events[i].events & EPOLLOUT) send_out(c);
        if (events[i].events & ~(uint32_t)EPOLLOUT) read_in(c);
    }
    if (talking && think_s > 0) {
        double at = now();
        for (int i = 0; i < count; i++)
            if (!connections[i].waiting && connections[i].send_at <= at) send_message(&connections[i], at);
    }
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_ms(double share) {
    if (!sample_count) return 0;
    size_t at = (size_t)(share * (double)sample_count);
    return samples[at < sample_count ? at : sample_count - 1] / 1e4;
}

static void say(const char *word) {
    puts(word);
    fflush(stdout);
}

static void hold(void) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &event)) die("standard input");
    say("begin");
    char byte;
    fcntl(0, F_SETFL, O_NONBLOCK);
    while (read(0, &byte, 1) != 0) turn(1000);
    say("end");
    printf("{\"connections\": %d}\n", opened);
}

static void measure(double warm_up_s, double seconds, size_t wanted) {
    double start = now();
    talking = 1;
    if (think_s > 0)
        for (int i = 0; i < count; i++) connections[i].send_at = start + think_s * i / count;
    else
        for (int i = 0; i < count; i++) send_message(&connections[i], now());
    int wait_ms = think_s > 0 ? 1 : 100;
    while (now() < start + warm_up_s) turn(wait_ms);
    measuring = 1;
    size_t before = replies;
    say("begin");
    start = now();
    while (seconds > 0 ? now() < start + seconds : replies - before < wanted) turn(wait_ms);
    double took = now() - start;
    say("end");
    qsort(samples, sample_count, sizeof *samples, compare);
    printf("{\"count\": %zu, \"seconds\": %.6f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"errors\": %zu, \"sent\": %zu}\n",
           sample_count, took, percentile_ms(0.5), percentile_ms(0.99), errors, next_frame);
}

int main(int argc, char **argv) {
    if (argc != 11) {
        fprintf(stderr, "ws_load: see the head of ws_load.c for the arguments\n");
        return 2;
    }
    struct rlimit files = {MAX_CONNECTIONS, MAX_CONNECTIONS};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    path = argv[2];
    count = atoi(argv[3]);
    if (count < 1 || count > MAX_CONNECTIONS) die("CONNECTIONS");
    int idle = !strcmp(argv[4], "-");
    if (!idle) read_messages(argv[4]);
    in_sequence = !strcmp(argv[5], "sequence");
    expect = argv[6];
    think_s = atof(argv[10]) / 1000;
    connections = calloc((size_t)count, sizeof *connections);
    if (!connections || (epoll_fd = epoll_create1(0)) < 0) die("start");
    while (opened < count) {
        while (opening < OPENING_AT_ONCE && opened + opening < count) open_next();
        turn(100);
    }
    if (idle)
        hold();
    else
        measure(atof(argv[7]), atof(argv[8]), (size_t)atol(argv[9]));
    return 0;
}
