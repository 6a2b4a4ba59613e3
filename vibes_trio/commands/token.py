"""`vibes-trio token`: a fresh token, for scripts that send messages themselves."""

import os
import time
from argparse import Namespace

from vibes_trio.auth.device import mint_token
from vibes_trio.auth.device_id import MAX_AGE_S
from vibes_trio.commands.credentials import find_device
from vibes_trio.commands.output import OK, USAGE, CommandFailed
from vibes_trio.config import load_config


def main(options: Namespace) -> int:
    """Print a token with the certificate in it."""
    if not 0 < options.lifetime <= MAX_AGE_S:
        raise CommandFailed(f"--lifetime: seconds from 1 to {MAX_AGE_S} are wanted.", USAGE)
    device = find_device(options, load_config(os.environ, options.settings), os.environ)
    print(mint_token(device, time.time(), lifetime_s=options.lifetime))
    return OK
