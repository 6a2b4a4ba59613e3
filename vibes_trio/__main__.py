"""`python -m vibes_trio`: the same as the command `vibes-trio`."""

import sys

from vibes_trio.cli import main

if __name__ == "__main__":
    sys.exit(main())
