"""How often somebody may do something."""

from vibes_trio.allowances import Allowance


def test_so_many_at_once_and_then_one_in_a_while():
    allowance = Allowance(burst=3, pause_s=10, known=9)

    assert [allowance.take("ada", 0.0) for _ in range(4)] == [True, True, True, False]
    assert [allowance.take("ada", 10.0) for _ in range(2)] == [True, False]
    assert [allowance.take("ada", 1000.0) for _ in range(4)] == [True, True, True, False]


def test_nobody_pays_for_others():
    allowance = Allowance(burst=1, pause_s=10, known=9)

    assert [allowance.take(who, 0.0) for who in ("ada", "bob", "ada")] == [True, True, False]


def test_only_so_many_are_known():
    allowance = Allowance(burst=1, pause_s=10, known=2)
    for number in range(100):
        allowance.take(str(number), 0.0)

    assert len(allowance._full) == 2
    assert [allowance.take(who, 0.0) for who in ("99", "0")] == [False, True]
