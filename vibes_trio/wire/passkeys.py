"""Passkeys: adding one with a browser, and those that are there. What WebAuthn says goes through as it is."""

import msgspec

from vibes_trio.wire.base import Request, Response


class Passkey(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A passkey of mine. Times are ISO; *used*: last; empty: never."""

    passkey_id: str
    name: str
    created: str
    used: str = ""


class ResPasskeyOptions(Response, frozen=True, kw_only=True, tag="vibes.diy.res-passkey-options"):
    """What `navigator.credentials.create` is to be given, as `PublicKeyCredentialCreationOptionsJSON`."""

    options: msgspec.Raw


class ReqPasskeyOptions(
    Request[ResPasskeyOptions], frozen=True, kw_only=True, tag="vibes.diy.req-passkey-options"
):
    """Begin to add a passkey with the browser that is signed in"""


class ResAddPasskey(Response, frozen=True, kw_only=True, tag="vibes.diy.res-add-passkey"):
    """The passkey, which signs in from now on."""

    passkey: Passkey


class ReqAddPasskey(Request[ResAddPasskey], frozen=True, kw_only=True, tag="vibes.diy.req-add-passkey"):
    """Add the passkey that was made: what `create` gave, as `RegistrationResponseJSON`, as text"""

    credential: str
    name: str = ""


class ResListPasskeys(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-passkeys"):
    """All of them, oldest first."""

    items: tuple[Passkey, ...]


class ReqListPasskeys(Request[ResListPasskeys], frozen=True, kw_only=True, tag="vibes.diy.req-list-passkeys"):
    """List my passkeys"""


class ResRemovePasskey(Response, frozen=True, kw_only=True, tag="vibes.diy.res-remove-passkey"):
    """It signs nobody in any more."""

    passkey_id: str


class ReqRemovePasskey(
    Request[ResRemovePasskey], frozen=True, kw_only=True, tag="vibes.diy.req-remove-passkey"
):
    """Remove a passkey of mine; browsers that it signed in stay so until they are signed out"""

    passkey_id: str
