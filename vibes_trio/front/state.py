"""What the connections of one front share: how to answer, what they count, and who is only waiting."""

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

import trio

from vibes_trio.config import Limits
from vibes_trio.counts import METRICS, Cell, Cells, Histograms, Registry
from vibes_trio.exchange import Answer, MessageIncoming
from vibes_trio.front.budget import Budget
from vibes_trio.front.heads import Head
from vibes_trio.front.ready import ReadyAnswers
from vibes_trio.front.runqueue import RunQueue
from vibes_trio.urls import ANY_SITE, MODULES, Site

if TYPE_CHECKING:
    from quart import Response
    from quart_trio import QuartTrio

    from vibes_trio.front.access import Access
    from vibes_trio.workers.balance import Balance

FAST, FULL, READY = "fast", "full", "ready"
"""The lanes; answers that were kept whole count as given by a lane of their own."""
CONNECTIONS = ("accepted", "shed", "refused", "dropped", "faults", "handed_over", "cut")

AddPages = Callable[["QuartTrio", Callable[[], Awaitable["Response"]]], None]
"""Takes the app, and what answers the request of a task as if there were no page."""
Look = Callable[[MessageIncoming], Awaitable[MessageIncoming]]


@dataclass(slots=True)
class Counts:
    """What the front has seen. *open* and *shedding* are what is there now; *fast* and *full* the requests that each
    lane began, *answers* what was answered, by kind, status and lane."""

    open: int = 0
    shedding: int = 0
    accepted: int = 0
    shed: int = 0
    websockets: int = 0
    fast: int = 0
    full: int = 0
    refused: int = 0
    dropped: int = 0
    faults: int = 0
    handed_over: int = 0
    cut: int = 0
    websockets_open: int = 0
    parked: int = 0
    answers: Cells = field(default_factory=Cells)
    seconds: Histograms = field(default_factory=lambda: Histograms(METRICS["answer_seconds"].bounds))
    errors: Cells = field(default_factory=Cells)

    @property
    def ready(self) -> int:
        """How many answers were kept ones."""
        return sum(cell.value for labels, cell in self.answers.items() if labels[2] == READY)

    def answer(self, head: Head, status: int, lane: str) -> Cell:
        """Return the cell of answers with *status* that *lane* gave to what *head* asks for."""
        return self.answers[kind_of(head), status, lane]

    def took(self, head: Head, lane: str, began: float) -> None:
        """Note that *lane* has answered what *head* asks for, since *began* by `time.perf_counter`."""
        self.seconds[kind_of(head), lane].add(perf_counter() - began)


def kind_of(head: Head) -> str:
    """Return as what an answer to *head* counts."""
    if head.target.startswith(MODULES):
        return "module"
    if head.host_name.app is not None:
        return "app"
    return "message" if head.method in ("POST", "PUT") else "api"


@dataclass(frozen=True, slots=True)
class Front:
    """What every connection needs to know.

    Attributes:
        answer: one incoming to one reply, at once if nothing has to wait; raises nothing but `trio.Cancelled`.
        order_key: messages of one WebSocket with the same key take turns in the order they were sent;
            None takes no turn. Sync and cheap: it runs in the reader.
        draining: set when the server is about to stop.
        ready: answers kept whole, found by what of a head matters.
        hand_over: gives a connection, with the bytes read from it so far, to the process that owns the data.
            A front that has it answers only what reads an app, in the fast lane, and has no full lane.
        balance: where other processes accept from the same sockets.
        site: which hosts are apps', and which pages may speak to the API.
        look: tells what a long message of a WebSocket is, before it gets its turn: see `answer.look`.
        pages: adds what a browser finds on the API host to the full lane, which is then asked first; None: nothing.
        fast: False sends all HTTP through the full lane; answers are the same, slower.
        budget: what clients make the server hold; `budget.held()` tells how much, and which client how much of it.
        access: writes a line for each answer; None: nobody asked for that.
        run_queue: who has more to do than a slice of time holds.
    """

    answer: Answer
    order_key: Callable[[bytes], str | None]
    limits: Limits
    draining: trio.Event
    ready: ReadyAnswers = field(default_factory=lambda: ReadyAnswers(0, lambda: 0))
    hand_over: Callable[[socket.socket, bytes], Awaitable[None]] | None = None
    balance: "Balance | None" = None
    site: Site = ANY_SITE
    fast: bool = True
    look: Look | None = None
    pages: "AddPages | None" = None
    counts: Counts = field(default_factory=Counts)
    budget: Budget = field(init=False)
    run_queue: RunQueue = field(default_factory=RunQueue)
    access: "Access | None" = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "budget", Budget(self.limits.held_bytes))


def report(front: Front, counts: Registry) -> None:
    """Let *counts* tell what *front* sees."""
    seen = front.counts
    seen.seconds, seen.errors = counts.histograms("answer_seconds"), counts.cells("errors")
    counts.give("answers", lambda: {labels: cell.value for labels, cell in seen.answers.items()})
    counts.give("connections", lambda: {(how,): getattr(seen, how) for how in CONNECTIONS})
    counts.give_one("websockets", lambda: seen.websockets)
    counts.give_one("connections_open", lambda: seen.open)
    counts.give_one("connections_parked", lambda: seen.parked)
    counts.give_one("websockets_open", lambda: seen.websockets_open)
    counts.give_one("connections_shedding", lambda: seen.shedding)
    counts.give_one("held_bytes", lambda: front.budget.bytes)


class Waiting:
    """The scopes in which a connection does nothing but wait for its client.

    A server that stops interrupts exactly these; what is being answered is finished. One set for all
    connections instead of one task for each of them that watches `draining`: ten thousand idle
    connections would pay for ten thousand tasks.
    """

    def __init__(self) -> None:
        self._scopes: set[trio.CancelScope] = set()
        self._over = False

    def add(self, scope: trio.CancelScope) -> None:
        """From now on *scope* may be cancelled; at once if waiting is over."""
        self._scopes.add(scope)
        if self._over:
            scope.cancel()

    @property
    def over(self) -> bool:
        """Whether the server stops."""
        return self._over

    def discard(self, scope: trio.CancelScope) -> None:
        """From now on *scope* is left alone."""
        self._scopes.discard(scope)

    def interrupt(self) -> None:
        """End all waiting, now and later."""
        self._over = True
        for scope in self._scopes:
            scope.cancel()
