"""The answer to something that came in, for tests, which wait anyway."""

from vibes_trio.context import App
from vibes_trio.dispatch import Pipeline
from vibes_trio.exchange import Incoming, Reply, Turn
from vibes_trio.front.answer import answer_soon


async def answer(app: App, pipeline: Pipeline, incoming: Incoming, turn: Turn | None = None) -> Reply:
    """As `answer_soon`, once it is there."""
    reply = answer_soon(app, pipeline, incoming, turn)
    return reply if isinstance(reply, Reply) else await reply
