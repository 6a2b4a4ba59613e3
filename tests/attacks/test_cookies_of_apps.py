"""An app sets cookies for all hosts below the server's, so that its visitor is somebody else there.

Over https, where the server's own cookies have a name that no other host can set. Without it nothing keeps a host below
another name from that: the README says so.
"""

import pytest
from arena import Attack

pytestmark = pytest.mark.browser

SET = "document.cookie = %s;"
ALL = "; domain=apps.localhost; path=%s"

ATTACKS = [
    Attack("for a longer path", SET % f"`${{t.cookie}}=${{t.evilSession}}{ALL % '/vibe'}`", "is_eve"),
    Attack(
        "for who is signed out",
        SET % f"`${{t.cookie}}=${{t.evilSession}}{ALL % '/'}`",
        "is_eve",
        signed_in=False,
    ),
    Attack(
        "for who is signed out, secure",
        SET % f"`${{t.cookie}}=${{t.evilSession}}{ALL % '/'}; secure`",
        "is_eve",
        signed_in=False,
    ),
    Attack(
        "by its name without https",
        SET % f'`${{t.cookie.replace("__Host-", "")}}=${{t.evilSession}}{ALL % "/vibe"}`',
        "is_eve",
        signed_in=False,
    ),
    Attack(
        "so many that the visitor's own is gone",
        f"for (let n = 0; n < 400; n++) document.cookie = `x${{n}}=${{n}}{ALL % '/'}; secure`;"
        + SET % f"`${{t.cookie}}=${{t.evilSession}}{ALL % '/vibe'}; secure`",
        "is_eve",
    ),
]


async def test_no_app_makes_its_visitor_somebody_else(attempt_with_tls):
    await attempt_with_tls(ATTACKS)
