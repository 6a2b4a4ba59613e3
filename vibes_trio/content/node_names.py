"""The parts of Node, by the names that code imports them by."""

NAMES = (
    *(
        "_http_agent",
        "assert",
        "assert/strict",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
    ),
    *("constants", "crypto", "dgram", "diagnostics_channel", "dns", "dns/promises", "domain", "events", "fs"),
    *("fs/promises", "http", "http2", "https", "inspector", "module", "net", "os", "path", "path/posix"),
    *(
        "path/win32",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "readline/promises",
        "repl",
    ),
    *(
        "sea",
        "sqlite",
        "stream",
        "stream/consumers",
        "stream/promises",
        "stream/web",
        "string_decoder",
        "sys",
    ),
    *(
        "test",
        "timers",
        "timers/promises",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "util/types",
        "v8",
        "vm",
    ),
    *("wasi", "worker_threads", "zlib"),
)


def is_of_node(name: str) -> bool:
    """Whether *name* is that of a part of Node, without `node:`."""
    return name in NAMES
