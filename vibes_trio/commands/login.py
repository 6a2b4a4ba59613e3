"""`vibes-trio login`: a key file for this machine from a server elsewhere, by a one-time code.

No browser is needed here: the code is typed in the terminal, and sent with the request of a key that was made just now.
"""

from __future__ import annotations

import getpass
import os
import re
import secrets
import socket
import ssl
import sys
import time
from argparse import Namespace
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from vibes_trio.auth.audience import origin_of
from vibes_trio.auth.csr import make_csr
from vibes_trio.auth.device import Device, read_certificate_jwt, read_key_file, write_key_file
from vibes_trio.auth.jwk import new_key
from vibes_trio.commands.credentials import URL_VARIABLE
from vibes_trio.commands.device_files import save_device
from vibes_trio.commands.logins import login_file, note_login
from vibes_trio.commands.output import FAILED, OK, UNREACHABLE, USAGE, CommandFailed, print_json, tell
from vibes_trio.config import Config, load_config
from vibes_trio.errors import ConfigError
from vibes_trio.late import late
from vibes_trio.urls import SIGN_IN

if TYPE_CHECKING:
    import httpx2
else:
    httpx2 = late("httpx2")

RETURN_URL = "http://localhost:1/cert"
"""Where the page would send a browser; nobody listens there, as the certificate is taken out of the address."""
_TROUBLE = re.compile(r'<p[^>]*role="alert"[^>]*>(.*?)</p>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def main(options: Namespace) -> int:
    """Sign in to a server; commands on this machine find the key file by themselves."""
    config = load_config(os.environ, options.settings)
    url = options.url or os.environ.get(URL_VARIABLE, "")
    origin = origin_of(url)
    if not origin:
        raise CommandFailed("Which server? Name it: vibes-trio login --url https://vibes.example.org", USAGE)
    code = options.code or _ask_code(origin)
    device = certify(origin, code, config)
    path = login_file(config.data_dir, url)
    save_device(device, path, replace=True)
    note_login(config.data_dir, origin)
    if options.json:
        print_json({"url": origin, "keyFile": str(path)})
        return OK
    print(f"signed in to {origin}", flush=True)
    tell(
        f"Its key is in {path}; commands find it, and that server, by themselves. `vibes-trio whoami` says who."
    )
    return OK


def _ask_code(origin: str) -> str:
    if not sys.stdin.isatty():
        raise CommandFailed(f"{origin}: a one-time code is wanted: --code CODE.", USAGE)
    tell(f"{origin} wants a one-time code. Who runs it prints one: vibes-trio device code --user NAME")
    return input("code: ").strip()


def certify(origin: str, code: str, config: Config) -> Device:
    """Return a new device that the server at *origin* certified for whom *code* stands.

    Raises:
        CommandFailed: it can't be reached, or the code doesn't count; says what the server says.
    """
    key, now = new_key(), time.time()
    name = f"{getpass.getuser()}@{socket.gethostname()}"[:64]
    form = {
        "csr": make_csr(key, {"commonName": name}, now, secrets.token_bytes(16)),
        "returnUrl": RETURN_URL,
        "code": code,
    }
    try:
        answer = httpx2.post(
            origin + SIGN_IN,
            data=form,
            headers={"origin": origin},
            timeout=config.limits.head_timeout_s,
            verify=ssl.create_default_context(),
            trust_env=False,
        )
    except httpx2.HTTPError as error:
        raise CommandFailed(f"{origin}: {error or type(error).__name__}.", UNREACHABLE) from error
    found = parse_qs(urlsplit(answer.headers.get("location", "")).query).get("cert")
    if not found:
        raise CommandFailed(f"{origin}: {_words(answer.text, answer.status_code)}", FAILED)
    try:
        # Read back, as it says whether the certificate is about this key.
        return read_key_file(write_key_file(Device(key, found[0], read_certificate_jwt(found[0]))))
    except (ValueError, ConfigError) as error:
        raise CommandFailed(f"{origin}: sent what is no certificate: {error}") from error


def _words(page: str, status: int) -> str:
    """Return what the sign-in page says is wrong."""
    trouble = _TROUBLE.search(page)
    words = unescape(_TAG.sub("", trouble[1])).strip() if trouble else ""
    return words or f"answers with HTTP status {status}, and no certificate. Is it a server of ours?"
