"""What is likely wrong with credentials that a server did not take. The rest is tried by the commands."""

import base64
import json

from vibes_trio.commands.session import ASK_OPERATOR, NO_TOKEN, why_refused


def test_why_a_token_does_not_count_is_told_by_its_times() -> None:
    def token(begins: int, ends: int) -> str:
        parts = [{"alg": "ES256", "typ": "JWT"}, {"nbf": begins, "exp": ends}]
        return (
            ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
            + ".AA"
        )

    now = 1_000_000_000

    assert "90 s ahead of" in why_refused(token(now - 2, now + 120), now, 90.0)
    assert "10 min behind" in why_refused(token(now - 2, now + 120), now, -600.0)
    assert "ended 10 min ago" in why_refused(token(now - 720, now - 600), now, 0.3)
    assert "ended 10 min ago" in why_refused(token(now - 720, now - 600), now, None)
    assert why_refused(token(now - 2, now + 120), now, 0.2) == ASK_OPERATOR
    for none in ("none", token(now, "x")):  # type: ignore[arg-type]
        assert why_refused(none, now, 0.2) == NO_TOKEN
    assert why_refused(token(now - 2, now + 120), now, None) == ASK_OPERATOR
