"""Who asks: the `auth` member of every request."""

import msgspec


class DashAuth(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials. `type` is `clerk`, `device-id` or `ucan`; any other is refused like a bad token.

    Both members have a default because missing credentials are answered with `require-login`, which
    clients act upon, and not with `bad-request`.
    """

    type: str = ""
    token: str = ""
