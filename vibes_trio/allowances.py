"""How often somebody may do something that nobody is asked who for."""

from collections import OrderedDict
from dataclasses import dataclass

from vibes_trio.config import Limits


class Allowance:
    """So many times at once, then once in a while, each of them. State: of whom it was lately, when all is back.

    Args:
        burst: times at once.
        pause_s: after so long one more is allowed.
        known: of so many it is kept; whoever was forgotten begins anew.
    """

    def __init__(self, burst: int, pause_s: float, known: int) -> None:
        self._spread_s = (burst - 1) * pause_s
        self._pause_s = pause_s
        self._known = known
        self._full: OrderedDict[str, float] = OrderedDict()

    def take(self, who: str, now: float) -> bool:
        """Return whether *who* may do it once more at *now* (seconds), and count it if so."""
        full = max(self._full.pop(who, now), now)
        may = full - now <= self._spread_s
        self._full[who] = full + self._pause_s if may else full
        if len(self._full) > self._known:
            self._full.popitem(last=False)
        return may


@dataclass(frozen=True, slots=True)
class ToldErrors:
    """How often pages may tell of errors."""

    by_client: Allowance
    by_app: Allowance
    by_all: Allowance


def allow_errors(limits: Limits) -> ToldErrors:
    """Return what is allowed by *limits*."""
    burst, pause_s, known = limits.page_errors_burst, limits.page_error_pause_s, limits.page_errors_known
    return ToldErrors(
        Allowance(burst, pause_s, known),
        Allowance(burst, pause_s, known),
        Allowance(limits.page_errors_burst_of_all, limits.page_error_pause_of_all_s, 1),
    )


def allow_reports(limits: Limits) -> Allowance:
    """Return how often somebody may report apps."""
    return Allowance(limits.reports_burst, limits.report_pause_s, limits.reporters_known)
