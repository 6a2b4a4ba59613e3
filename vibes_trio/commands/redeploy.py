"""`vibes-trio deploy --watch`: each change of a file is deployed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from vibes_trio.client.failures import ConnectionLost, RequestTimedOut
from vibes_trio.commands.app_files import FoundApp, find_app
from vibes_trio.commands.ignore_file import read_choice
from vibes_trio.commands.interrupts import until_interrupted
from vibes_trio.commands.output import CommandFailed, print_error, tell
from vibes_trio.commands.plan import Plan, find_handle, make_request, shown_number
from vibes_trio.commands.sending import send_deploy
from vibes_trio.commands.session import Session
from vibes_trio.commands.show_release import show_release
from vibes_trio.commands.watch import follow_folder, shown_names
from vibes_trio.errors import RequireLogin, VibesError
from vibes_trio.wire.deploy import ReqEnsureAppSlug


async def watch(plan: Plan, app: FoundApp, session: Session) -> None:
    """Deploy *app*, and again whenever a file of it has changed, until interrupted."""
    act = partial(_send_anew, plan, session, _Sent(await find_handle(plan, session)))
    choice = read_choice(plan.path, plan.include) if plan.path.is_dir() else None
    await until_interrupted(partial(follow_folder, plan.path, choice, act, plan.limits))


@dataclass(slots=True)
class _Sent:
    """What was sent last, and under which handle; nothing is sent twice in a row."""

    handle: str
    request: ReqEnsureAppSlug | None = None


async def _send_anew(plan: Plan, session: Session, sent: _Sent, changed: Sequence[str]) -> None:
    """Deploy what there is now, unless it is what there was. What goes wrong is told: the next change may mend it."""
    try:
        app = find_app(plan.path, plan.limits, plan.include)
        request = make_request(plan, app, sent.handle)
        if request == sent.request:
            return
        if changed:
            tell(f"{shown_names(changed)} changed: {shown_number(app)} …")
        sent.request = request
        show_release(plan, await send_deploy(session, request))
    except (VibesError, ConnectionLost, RequestTimedOut, OSError) as error:
        print_error(error.message if isinstance(error, VibesError) else str(error))
        sent.request = None if isinstance(error, OSError) else sent.request
    except CommandFailed as error:
        if isinstance(error.__cause__, RequireLogin):
            raise
        print_error(str(error))
