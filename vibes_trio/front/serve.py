"""The front as a whole: listeners, connections and the full lane, nested in the order in which they stop."""

import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec
import trio

from vibes_trio.errors import Overloaded
from vibes_trio.front.addresses import Addresses, client_of
from vibes_trio.front.http import build_response
from vibes_trio.front.lane import FullLane, ServeOne, serve_connection
from vibes_trio.front.parking import Parking, open_parking
from vibes_trio.front.sockets import Line, accept_from, close_listeners
from vibes_trio.front.state import Front, Waiting
from vibes_trio.front.status import error_reply

log = logging.getLogger(__name__)

FULL_LANE_AFTER_S = 0.05

HasPage = Callable[[str], bool]
RunFullLane = Callable[[Front, Callable[[ServeOne, HasPage], None], trio.Event], Awaitable[None]]
Take = Callable[[socket.socket, bytes], None]
"""Serves a connection (a non-blocking socket), and what was read from it before, in a task of its own."""


class Source(Protocol):
    """Where connections come from beside the listeners: other processes.

    Started: those serve, too. Returns when `Front.draining` is set and none will come any more.
    """

    def __call__(self, take: Take, *, task_status: trio.TaskStatus[None]) -> Awaitable[None]: ...


async def serve_front(
    front: Front,
    listeners: Sequence[socket.socket],
    source: Source | None = None,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve all connections to *listeners*, which are closed at the end, and those of *source*.

    When `front.draining` is set: listening stops, connections that only wait for their client end (a
    WebSocket with 1001), the others finish what is in flight; after `shutdown_timeout_s` they are cut.
    Returns when no connection is left. Started: connections are accepted; the full lane is still loading.
    """
    stop = trio.Event()
    async with open_parking(front) as parking, trio.open_nursery() as background:
        addresses = Addresses(front.limits.connections_per_client)
        shared = _Shared(front, Waiting(), parking, FullLane(), addresses)
        async with trio.open_nursery() as connections:
            try:
                async with trio.open_nursery() as accepting:
                    take = _reception(shared, connections)
                    is_ahead = front.balance.is_ahead if front.balance is not None else None
                    for listener in listeners:
                        accepting.start_soon(accept_from, listener, lambda sock: take(sock, b""), is_ahead)
                    if front.hand_over is None:
                        background.start_soon(_load_full_lane, front, shared.full, stop)
                    if source is not None:
                        await connections.start(source, take)
                    task_status.started()
                    await front.draining.wait()
                    accepting.cancel_scope.cancel()
            finally:
                close_listeners(listeners)
            shared.waiting.interrupt()
            connections.cancel_scope.deadline = trio.current_time() + front.limits.shutdown_timeout_s
        stop.set()


class _Shared(msgspec.Struct, frozen=True):
    """What all connections of one front share."""

    front: Front
    waiting: Waiting
    parking: Parking
    full: FullLane
    addresses: Addresses


def _reception(shared: _Shared, connections: trio.Nursery) -> Take:
    """Return what starts a task for an accepted socket, or turns it away when there are too many."""
    front = shared.front

    def take(sock: socket.socket, received: bytes) -> None:
        front.counts.accepted += 1
        client = client_of(sock)
        if front.counts.open < front.limits.max_connections and shared.addresses.enter(client):
            front.counts.open += 1
            connections.start_soon(_serve_guarded, shared, sock, received, client)
            return
        front.counts.shed += 1
        if front.counts.shedding < front.limits.shed_at_once:
            front.counts.shedding += 1
            connections.start_soon(_shed, front, sock)
        else:
            sock.close()

    return take


async def _serve_guarded(shared: _Shared, sock: socket.socket, received: bytes, client: str) -> None:
    """Serve one connection; whatever it raises, but cancellation and the wish to exit, ends it alone."""
    front = shared.front
    # Those with bytes come from another process, and say nothing about who was quicker here.
    balance = front.balance if not received else None
    try:
        if balance is not None:
            balance.add(1)
        await serve_connection(front, shared.waiting, shared.parking, shared.full, sock, received)
    except* Exception:
        front.counts.faults += 1
        log.exception("a connection failed")
    finally:
        front.counts.open -= 1
        shared.addresses.leave(client)
        if balance is not None:
            balance.add(-1)


async def _shed(front: Front, sock: socket.socket) -> None:
    line = Line(sock, front.limits.close_timeout_s)
    reply = error_reply(Overloaded("Too many connections at the moment; try again in a second."))
    try:
        await line.send_all(*build_response(reply, "GET", close=True))
        await line.linger(front.limits.close_timeout_s)
    except trio.BrokenResourceError:
        pass
    finally:
        front.counts.shedding -= 1
        line.close()


async def _load_full_lane(front: Front, full: FullLane, stop: trio.Event) -> None:
    # Two threads share one interpreter: who asks while the server starts is answered first.
    await trio.sleep(FULL_LANE_AFTER_S)
    run_full_lane = await trio.to_thread.run_sync(_import_full_lane)
    await run_full_lane(front, full.open, stop)


def _import_full_lane() -> RunFullLane:
    # Quart takes half a second to import; the lane is listening meanwhile.
    from vibes_trio.front.app import run_full_lane  # noqa: PLC0415

    return run_full_lane
