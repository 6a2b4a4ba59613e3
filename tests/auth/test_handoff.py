"""What pages round apps hand to them: who passes, and for how long; all else is refused with one text."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.api_jws import PyJWS

from vibes_trio.auth.encoding import decode_base64url, encode_base58btc, parse_object
from vibes_trio.auth.handoff import REFUSED, TYP, HandOff, make_hand_off
from vibes_trio.auth.jwk import env_key, new_key, private_jwk
from vibes_trio.auth.jws import sign_jws
from vibes_trio.auth.verifier import Claims
from vibes_trio.config import Limits
from vibes_trio.errors import RequireLogin
from vibes_trio.exchange import UserId

NOW = 1_795_340_000.0
KEY = new_key()
ADA = Claims(UserId("ada"), "ada", "user", "ada@example.org", True)
APP = "eve/garden"


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def made(clock):
    return HandOff(KEY, clock, Limits())


def payload_of(token):
    return parse_object(decode_base64url(token.split(".")[1]))


def signed(key=KEY, header=None, **members):
    payload = {"aud": APP, "sub": "ada", "iat": int(NOW), "exp": int(NOW) + 300, "jti": "x"} | members
    payload = {name: value for name, value in payload.items() if value is not None}
    return sign_jws({"typ": TYP} | (header or {}), payload, key)


def test_a_token_says_who_looks_at_which_app_and_no_more(made):
    handed = made.hand(APP, ADA, "ada-l")

    claims = made.at_once(handed.token)

    assert (claims.user_id, claims.app) == ("ada", APP)
    assert handed.expires == NOW + 300
    assert set(payload_of(handed.token)) == {"aud", "iat", "exp", "jti", "sub", "handle"}


def test_who_is_not_signed_in_has_one_that_says_so(made):
    handed = made.hand(APP, None)

    claims = made.at_once(handed.token)

    assert payload_of(handed.token)["anonymous"] is True
    assert "sub" not in payload_of(handed.token)
    assert (claims.user_id, claims.app) == ("", APP)


def test_each_is_another(made):
    assert made.hand(APP, ADA).token != made.hand(APP, ADA).token


async def test_it_counts_for_its_time_whether_it_was_seen_before_or_not(made, clock):
    seen, unseen = made.hand(APP, ADA).token, made.hand(APP, ADA).token
    await made(seen)

    clock.now = NOW + 299.9
    assert made.at_once(seen) == made.at_once(unseen)
    clock.now = NOW + 300

    for token in (seen, unseen):
        with pytest.raises(RequireLogin):
            made.at_once(token)


RSA = rsa.generate_private_key(65537, 2048)
FORGED = {
    "of another server": signed(new_key()),
    "expired": signed(exp=int(NOW)),
    "of the future": signed(iat=int(NOW) + 60),
    "without an end": signed(exp=None),
    "without a beginning": signed(iat=None),
    "with an end in words": signed(exp="tomorrow"),
    "with a fraction": signed(exp=NOW + 300.5),
    "for no app": signed(aud=None),
    "for an empty app": signed(aud=""),
    "for two apps": signed(aud=[APP, "eve/shed"]),
    "of nobody": signed(sub=None),
    "of an empty user": signed(sub=""),
    "of a number": signed(sub=7),
    "of somebody who is anonymous": signed(anonymous=True, sub="ada"),
    "half anonymous": signed(anonymous=False),
    "of another kind": signed(header={"typ": "JWT"}),
    "with something critical": signed(header={"crit": ["exp"]}),
    "signed by nobody": PyJWS(algorithms=["none"]).encode(b"{}", None, "none", {"typ": TYP}),
    "signed with a word": PyJWS().encode(b"{}", "x" * 32, "HS256", {"typ": TYP}),
    "signed with RSA": PyJWS().encode(b"{}", RSA, "RS256", {"typ": TYP}),
    "no object": sign_jws({"typ": TYP}, [], KEY),
    "too long": signed(handle="x" * 5000),
    "no token": "garden",
    "empty": "",
}


@pytest.mark.parametrize("case", sorted(FORGED.keys() - {"of somebody who is anonymous"}))
def test_what_is_none_is_refused(made, case):
    with pytest.raises(RequireLogin) as refused:
        made.at_once(FORGED[case])

    assert str(refused.value) == REFUSED


def test_who_is_anonymous_is_so_whatever_else_it_says(made):
    assert made.at_once(FORGED["of somebody who is anonymous"]).user_id == ""


@pytest.mark.parametrize("part", [0, 1, 2])
def test_what_was_changed_is_refused(made, part):
    parts = made.hand(APP, ADA).token.split(".")
    parts[part] = parts[part][:-6] + ("AAAAAA" if not parts[part].endswith("AAAAAA") else "BBBBBB")

    with pytest.raises(RequireLogin):
        made.at_once(".".join(parts))


def test_the_key_is_the_session_key_of_the_server_and_without_it_one_of_this_process(clock):
    secret = env_key(private_jwk(KEY))
    one, same = make_hand_off(secret, clock, Limits()), make_hand_off(secret, clock, Limits())
    alone, other = make_hand_off("", clock, Limits()), make_hand_off("", clock, Limits())

    assert same.at_once(one.hand(APP, ADA).token).user_id == "ada"
    assert alone.at_once(alone.hand(APP, ADA).token).user_id == "ada"
    with pytest.raises(RequireLogin):
        other.at_once(alone.hand(APP, ADA).token)


def test_a_key_that_is_none_is_refused_at_once(clock):
    with pytest.raises(ValueError, match="no member"):
        make_hand_off(encode_base58btc(b"{}"), clock, Limits())
