"""Verify tokens with the server's own verifier, nothing round it: what of a message's cost is verification.

Usage: verify_tokens.py DATA_DIR COUNT, with one token a line on standard input, all of one device. Prints JSON:
CPU microseconds for a token seen before, and for a new token whose certificate was seen before.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from vibes_trio.auth.device_id import DeviceTrust, DeviceVerifier
from vibes_trio.auth.keys import load_keys
from vibes_trio.config import Config

AT_ONCE = 1000


def cpu_us(verifier: DeviceVerifier, tokens: Sequence[str]) -> float:
    """Return the CPU microseconds that each of *tokens* takes.

    Each is a text of its own, as one that has just been read is: Python remembers the hash of a text.
    """
    spent = 0.0
    for start in range(0, len(tokens), AT_ONCE):
        read = [token.encode().decode() for token in tokens[start : start + AT_ONCE]]
        before = time.process_time()
        for token in read:
            verifier.at_once(token)
        spent += time.process_time() - before
    return spent / len(tokens) * 1e6


def main() -> None:
    now = time.time()
    keys = load_keys(Config(data_dir=Path(sys.argv[1])), now)
    verifier = DeviceVerifier(DeviceTrust(keys.trusted), time.time)
    first, *tokens = sys.stdin.read().split()
    verifier.at_once(first)
    new = cpu_us(verifier, tokens)
    known = cpu_us(verifier, [first] * int(sys.argv[2]))
    print(json.dumps({"new": new, "known": known}))


main()
