"""The page on which a person lets a device in that asks to be certified.

Whoever is signed in does so with a click, others with a one-time code of the operator's.

As locked up as a notice, but for its form, which may go to this server and from there to the program that asks:
browsers hold a form to where it is redirected, too. Nobody may put it into a frame.
"""

import base64
import hashlib
import html
from dataclasses import dataclass
from importlib.resources import files

_STATIC = files("vibes_trio.content").joinpath("static")
_STYLE = _STATIC.joinpath("notice.css").read_text("utf-8") + _STATIC.joinpath("sign_in.css").read_text(
    "utf-8"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = (
    f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self' http://localhost:* http://127.0.0.1:*"
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the page asks.

    Attributes:
        path: where the form goes.
        csr: the device's request, as it came.
        return_url: where the certificate goes.
        device: what the device calls itself.
        fingerprint: of its key.
        trouble: why it is asked again; empty: it is not.
        user: who is signed in with this browser; empty: nobody.
        sign_in: where one signs in to come back here.
    """

    path: str
    csr: str
    return_url: str
    device: str
    fingerprint: str
    trouble: str = ""
    user: str = ""
    sign_in: str = ""


def render_sign_in(page: SignIn) -> bytes:
    """Return the HTML, UTF-8."""
    trouble = [f'<p role="alert" class="trouble">{html.escape(page.trouble)}</p>'] if page.trouble else []
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="same-origin">',
        "<title>Let a device in</title>",
        '<link rel="icon" href="data:,">',
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        "<h1>Let a device in</h1>",
        f"<p>A program that calls itself <code>{html.escape(page.device)}</code> wants to act as you on this server."
        " Go on only if you have just started it yourself.</p>",
        f"<p>Its key is <code>{html.escape(page.fingerprint)}</code>.</p>",
        *trouble,
        *(_by_session(page) if page.user else _by_sign_in(page)),
        *_form(page),
        '<label for="code">One-time code</label>',
        '<input id="code" name="code" required autocomplete="one-time-code" spellcheck="false">',
        "<button>Let it in</button>",
        "</form>",
        "<p>Whoever runs the server makes one: <code>vibes-trio device code --user NAME</code>. It says who you are,"
        " and counts once.</p>",
    ]
    return "\n".join([*lines, "</main>", "</body>", "</html>", ""]).encode("utf-8", "replace")


def _form(page: SignIn) -> list[str]:
    return [
        f'<form method="post" action="{html.escape(page.path)}">',
        f'<input type="hidden" name="csr" value="{html.escape(page.csr)}">',
        f'<input type="hidden" name="returnUrl" value="{html.escape(page.return_url)}">',
    ]


def _by_session(page: SignIn) -> list[str]:
    user = html.escape(page.user)
    return [
        *_form(page),
        f"<p>You are signed in as <strong>{user}</strong>. What the program does is done as you, until you revoke it"
        " on the page of your account.</p>",
        f'<button name="as" value="session">Let it in as {user}</button>',
        "</form>",
        "<p>Or as somebody else, with a code:</p>",
    ]


def _by_sign_in(page: SignIn) -> list[str]:
    link = f'<a href="{html.escape(page.sign_in)}">Sign in</a>'
    return [f"<p>{link} with this browser, and it takes no more than a click; or type a code:</p>"]
