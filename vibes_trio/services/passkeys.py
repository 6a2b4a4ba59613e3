"""Passkeys: what a browser and its authenticator hold in place of a password (WebAuthn).

They belong to the server's own name, so they are made and used on its pages at that name alone, in what browsers call
a secure context (https, or localhost). The authenticator has to make sure who its user is: a passkey alone signs in.
"""

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import trio

from vibes_trio.auth.challenges import Challenges
from vibes_trio.auth.encoding import decode_base64url, encode_base64url
from vibes_trio.config import Config
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, RequireLogin
from vibes_trio.late import late
from vibes_trio.services.sign_in import Comes, SignedIn, open_session
from vibes_trio.storage import passkeys
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.users import find_user_of
from vibes_trio.urls import base_name
from vibes_trio.wire.passkeys import (
    Passkey,
    ReqAddPasskey,
    ReqListPasskeys,
    ReqPasskeyOptions,
    ReqRemovePasskey,
    ResAddPasskey,
    ResListPasskeys,
    ResPasskeyOptions,
    ResRemovePasskey,
)

if TYPE_CHECKING:
    import webauthn
    from webauthn.helpers import exceptions, structs
else:
    webauthn = late("webauthn")  # takes a tenth of a second
    structs = late("webauthn.helpers.structs")
    exceptions = late("webauthn.helpers.exceptions")

log = logging.getLogger(__name__)

SIGN_IN = "sign in"
MAX_CREDENTIAL_CHARS = 16_000
MAX_NAME_CHARS = 60
_SERVER = "vibes_trio"
_UNNAMED = "Passkey"


class _ClientData(msgspec.Struct, frozen=True):
    challenge: str


class _Response(msgspec.Struct, frozen=True, rename={"client_data": "clientDataJSON"}):
    client_data: str


class _Credential(msgspec.Struct, frozen=True):
    """What of a credential has to be known before it is verified."""

    id: str
    response: _Response


async def passkey_options(ctx: Ctx, req: ReqPasskeyOptions) -> ResPasskeyOptions:
    """Return what the browser makes a passkey of.

    Raises:
        BadRequest: no browser asks.
    """
    _check_browser(ctx)
    challenges = _challenges(ctx.app)
    challenge = challenges.make(ctx.asker.user_id, ctx.app.now())
    mine = await ctx.app.db.get(passkeys.list_passkeys, ctx.asker.user_id)
    user = await ctx.app.db.get(find_user_of, ctx.asker.user_id)
    name = user.name if user is not None else ctx.asker.user_id
    known = [one.credential_id for one in mine]
    make = partial(_creation_options, ctx.app.config, ctx.asker.user_id, name, challenge, known)
    return ResPasskeyOptions(options=msgspec.Raw((await trio.to_thread.run_sync(make)).encode()))


async def add_passkey(ctx: Ctx, req: ReqAddPasskey) -> ResAddPasskey:
    """Keep the passkey that a browser made.

    Raises:
        BadRequest: no browser asks; or it is none, too late, for somebody else, or used before.
        LimitReached: they have too many.
    """
    _check_browser(ctx)
    app, user_id = ctx.app, ctx.asker.user_id
    challenge = _challenge_of(app, req.credential, user_id)
    if challenge is None:
        raise BadRequest("This passkey was made too late, or not for this. Try again.")
    verify = partial(_verify_new, app.config, req.credential, challenge)
    try:
        made = await trio.to_thread.run_sync(verify)
    except exceptions.WebAuthnException as error:
        raise BadRequest(f"This passkey can't be used: {error}") from error
    _challenges(app).use(challenge, app.now())
    credential_id = encode_base64url(made.credential_id)
    name = "".join(filter(str.isprintable, req.name)).strip()[:MAX_NAME_CHARS] or _UNNAMED
    kept = await app.db.write(
        passkeys.add_passkey,
        user_id,
        credential_id,
        name,
        made.credential_public_key,
        made.sign_count,
        limit=app.config.limits.passkeys_per_user,
    )
    return ResAddPasskey(passkey=_told(kept))


async def list_passkeys(ctx: Ctx, req: ReqListPasskeys) -> ResListPasskeys:
    """Return the passkeys of who asks."""
    found = await ctx.app.db.read(passkeys.list_passkeys, ctx.asker.user_id)
    return ResListPasskeys(items=tuple(map(_told, found)))


async def remove_passkey(ctx: Ctx, req: ReqRemovePasskey) -> ResRemovePasskey:
    """Forget a passkey of who asks.

    Raises:
        NotFound: they have none such.
    """
    await ctx.app.db.write(passkeys.remove_passkey, ctx.asker.user_id, req.passkey_id)
    return ResRemovePasskey(passkey_id=req.passkey_id)


# -- signing in -------------------------------------------------------------------------------------------


def new_challenge(app: App) -> str:
    """Return what a passkey has to sign to sign in, base64url."""
    return encode_base64url(_challenges(app).make(SIGN_IN, app.now()))


async def sign_in_by_passkey(app: App, credential: str, comes: Comes) -> SignedIn:
    """Sign a browser in as whose passkey has signed *credential*, an `AuthenticationResponseJSON`.

    Raises:
        RequireLogin: it is no passkey that is known here, or does not pass. One answer for all.
        Overloaded: too many tries, or too many sessions.
    """
    assert app.sessions is not None
    challenge = _challenge_of(app, credential, SIGN_IN)
    credential_id = _id_of(credential) if challenge is not None else ""
    await app.sessions.note_try(passkeys.find_passkey, credential_id, comes.address)
    kept = await app.db.get(passkeys.find_passkey, credential_id)
    if challenge is None or kept is None:
        raise RequireLogin("passkey_unknown")
    verify = partial(_verify_known, app.config, credential, challenge, kept)
    try:
        verified = await trio.to_thread.run_sync(verify)
    except exceptions.WebAuthnException as error:
        raise RequireLogin("passkey_refused") from error
    if not _challenges(app).counts(challenge, SIGN_IN, app.now()):
        raise RequireLogin("passkey_used")  # by another request, while this one was verified
    _challenges(app).use(challenge, app.now())
    signed_in = await app.db.write(_open, app, kept, verified.new_sign_count, comes)
    log.info("%s signed in with a passkey, session %s", kept.user_id, signed_in.session.session_id)
    return signed_in


def _open(tx: Tx, app: App, kept: passkeys.Passkey, sign_count: int, comes: Comes) -> SignedIn:
    passkeys.note_passkey_used(tx, kept.credential_id, sign_count)
    return open_session(tx, app, kept.user_id, comes)


# -- WebAuthn ---------------------------------------------------------------------------------------------


def own_place(config: Config) -> tuple[str, str]:
    """Return the name that passkeys are for, and the origin at which they are made and used."""
    return base_name(config.hostname_base), f"{config.protocol}://{config.hostname_base}"


def _creation_options(config: Config, user_id: str, name: str, challenge: bytes, known: list[str]) -> str:
    options = webauthn.generate_registration_options(
        rp_id=own_place(config)[0],
        rp_name=_SERVER,
        user_id=user_id.encode()[:64],
        user_name=name,
        challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one)) for one in known
        ],
    )
    return webauthn.options_to_json(options)


# Any: mypy sees no types of what is imported late.
def _verify_new(config: Config, credential: str, challenge: bytes) -> Any:
    rp_id, origin = own_place(config)
    return webauthn.verify_registration_response(
        credential=credential,
        expected_challenge=challenge,
        expected_rp_id=rp_id,
        expected_origin=origin,
        require_user_verification=True,
    )


def _verify_known(config: Config, credential: str, challenge: bytes, kept: passkeys.Passkey) -> Any:
    rp_id, origin = own_place(config)
    return webauthn.verify_authentication_response(
        credential=credential,
        expected_challenge=challenge,
        expected_rp_id=rp_id,
        expected_origin=origin,
        credential_public_key=kept.public_key,
        credential_current_sign_count=kept.sign_count,
        require_user_verification=True,
    )


def _challenge_of(app: App, credential: str, about: str) -> bytes | None:
    """Return the challenge that *credential* says to answer, if it counts for *about*."""
    try:
        if len(credential) > MAX_CREDENTIAL_CHARS:
            return None
        data = decode_base64url(msgspec.json.decode(credential, type=_Credential).response.client_data)
        challenge = decode_base64url(msgspec.json.decode(data, type=_ClientData).challenge)
    except (msgspec.DecodeError, ValueError):
        return None
    return challenge if _challenges(app).counts(challenge, about, app.now()) else None


def _id_of(credential: str) -> str:
    return msgspec.json.decode(credential, type=_Credential).id


def _challenges(app: App) -> Challenges:
    assert app.sessions is not None
    return app.sessions.challenges


def _check_browser(ctx: Ctx) -> None:
    if not ctx.session:
        raise BadRequest("A passkey is added by a browser that is signed in, on the page of the account.")


def _told(kept: passkeys.Passkey) -> Passkey:
    return Passkey(passkey_id=kept.credential_id, name=kept.name, created=kept.created, used=kept.used)
