import json
from pathlib import Path

import pytest

from vibes_trio.auth.csr import check_csr, make_csr
from vibes_trio.auth.jwk import new_key, public_jwk, thumbprint
from vibes_trio.auth.jws import sign_jws
from vibes_trio.config import Limits
from vibes_trio.errors import BadRequest

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
REQUESTS = {vector["name"]: vector for vector in VECTORS["csr"]}
NOW = VECTORS["reference_now"]
LIMITS = Limits()


@pytest.mark.parametrize("name", REQUESTS)
def test_recorded_request_gets_recorded_verdict(name):
    vector = REQUESTS[name]

    try:
        verdict = {"ok": True, "sub": check_csr(vector["csr"], LIMITS, vector["now"]).subject["commonName"]}
    except BadRequest as error:
        verdict = {"ok": False, "code": error.detail["reason"]}

    assert verdict == vector["expect"]


@pytest.mark.parametrize("name", VECTORS["users"])
def test_recorded_users_request_passes(name):
    user = VECTORS["users"][name]

    csr = check_csr(user["csr"], LIMITS, user["csr_made_at"])

    assert csr.fingerprint == user["fingerprint"]
    assert csr.audience == user["certificate_payload"]["aud"]
    assert csr.subject == user["certificate_payload"]["certificate"]["subject"]


def test_request_of_ours_passes_for_an_hour():
    key = new_key()
    text = make_csr(key, {"commonName": "laptop"}, NOW, bytes(16))

    csr = check_csr(text, LIMITS, NOW + 3599)

    assert csr.key == key.public_key()
    assert csr.fingerprint == thumbprint(key.public_key())
    with pytest.raises(BadRequest, match="expired"):
        check_csr(text, LIMITS, NOW + 3600)


def signed(key, *, header=None, payload=None, csr=None):
    jwk = public_jwk(key.public_key())
    return sign_jws(
        {"typ": "CSR+JWT", "jwk": jwk, **(header or {})},
        {
            "iat": NOW,
            "exp": NOW + 60,
            "csr": {"subject": {"commonName": "x"}, "publicKey": jwk, **(csr or {})},
            **(payload or {}),
        },
        key,
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"header": {"kid": "other"}}, "key_mismatch"),
        ({"header": {"jwk": "x"}}, "malformed"),
        ({"header": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}}, "malformed"),
        ({"payload": {"nbf": NOW + 1}}, "not_yet_valid"),
        ({"payload": {"iat": "0"}}, "claims_invalid"),
        ({"payload": {"csr": 1}}, "claims_invalid"),
        ({"csr": {"publicKey": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}}, "claims_invalid"),
        ({"csr": {"subject": {"commonName": "x" * 8192}}}, "malformed"),
    ],
)
def test_request_with_a_fault_is_refused(change, reason):
    with pytest.raises(BadRequest) as caught:
        check_csr(signed(new_key(), **change), LIMITS, NOW)

    assert caught.value.detail == {"reason": reason}


def test_undeclared_members_of_the_subject_are_dropped():
    text = signed(new_key(), csr={"subject": {"commonName": "x", "admin": True}})

    assert check_csr(text, LIMITS, NOW).subject == {"commonName": "x"}
