"""How the threads of a process that serves share its interpreter.

Only one thread runs Python at a time. One that wants to waits, by default, 5 ms until it takes it from another that
works on. A write to the database wants it ten times: beside two threads that look through an app's sources, an append
that costs 0.5 ms took 30.
"""

import sys

TURN_S = 0.0005
"""For so long a thread works on while others wait. To change over costs a hundredth of that."""


def share_interpreter() -> None:
    """Have threads take turns of TURN_S. Once, at the start."""
    sys.setswitchinterval(TURN_S)
