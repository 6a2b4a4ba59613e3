"""What app owners and visitors write, shown on the server's pages: it stays text; and addresses lead nowhere else.

The control writes what it is given into its pages; the server's pages have templates that escape, and a policy.
"""

import pytest
from arena import Attack

pytestmark = pytest.mark.browser

RAN = "globalThis.ran === 1"
GO = "location.assign(t.api + %s);"
IMG = "<img src=x onerror=ran=1>"
LED = "location.host.startsWith('evil') && location.pathname === '/led'"

ATTACKS = [
    Attack("name of an app", GO % f'"/vibe/ada/" + encodeURIComponent("{IMG}")', "shows", shows=RAN),
    Attack("name of a handle", GO % f'"/vibe/" + encodeURIComponent("{IMG}") + "/x"', "shows", shows=RAN),
    Attack(
        "name of a release", GO % f'"/vibe/ada/garden/" + encodeURIComponent("{IMG}")', "shows", shows=RAN
    ),
    Attack("a path that is none", GO % f'"/" + encodeURIComponent("{IMG}")', "shows", shows=RAN),
    Attack(
        "a script for an address",
        GO % '"/" + encodeURIComponent("</p><script>ran=1</script>")',
        "shows",
        shows=RAN,
    ),
    Attack("title of an app", GO % '"/vibe/eve/titled"', "shows", shows=RAN),
    Attack(
        "where to go after signing in",
        GO % '"/sign-in?next=" + encodeURIComponent("\\"><img src=x onerror=ran=1>")',
        "shows",
        shows=RAN,
    ),
    Attack(
        "signing in leads to another server",
        'location.assign(t.api + "/sign-in?next=" + encodeURIComponent(t.evil + "/led") + "#" + t.evilCode);',
        "leads",
        shows=LED,
    ),
    Attack(
        "signing in leads to another server, by a slash",
        'location.assign(t.api + "/sign-in?next=" + encodeURIComponent(t.evil.replace("http:", "") + "/led") + "#"'
        " + t.evilCode);",
        "leads",
        shows=LED,
    ),
    Attack(
        "signing in leads to another server, by a backslash",
        'location.assign(t.api + "/sign-in?next=" + encodeURIComponent(t.evil.replace("http://",'
        ' "/\\\\") + "/led") + "#"'
        " + t.evilCode);",
        "leads",
        shows=LED,
    ),
]


async def test_words_of_others_stay_words(attempt):
    await attempt(ATTACKS)
