"""`vibes-trio token`: a fresh token, for scripts that send messages themselves."""

import os
import time
from argparse import Namespace

from vibes_trio.auth.audience import origin_of
from vibes_trio.auth.device import mint_token
from vibes_trio.auth.device_id import MAX_AGE_S
from vibes_trio.commands.credentials import find_device, find_url
from vibes_trio.commands.output import OK, USAGE, CommandFailed, warn
from vibes_trio.config import load_config


def main(options: Namespace) -> int:
    """Print a token with the certificate in it. It counts at the server that is meant and no other."""
    if not 0 < options.lifetime <= MAX_AGE_S:
        raise CommandFailed(f"--lifetime: seconds from 1 to {MAX_AGE_S} are wanted.", USAGE)
    config = load_config(os.environ, options.settings)
    url = find_url(options, config, os.environ)
    device = find_device(options, config, os.environ, url)
    audience = origin_of(url)
    if url and not audience:
        raise CommandFailed(f"--url: {url} is no address. Give one like http://localhost:8787.", USAGE)
    if not url:
        warn("No server is known: this token counts at any. Name the one that it is for: --url.")
    print(mint_token(device, time.time(), lifetime_s=options.lifetime, audience=audience))
    return OK
