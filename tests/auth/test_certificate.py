import copy
import json
from pathlib import Path

import pytest

from vibes_trio.auth.certificate import (
    claims_json,
    normal_certificate,
    normal_digest,
    read_certificate,
    read_claims,
)
from vibes_trio.auth.encoding import canonical_json
from vibes_trio.auth.jws import Refused
from vibes_trio.auth.schema import ShapeError
from vibes_trio.auth.verifier import Claims
from vibes_trio.exchange import UserId

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
USERS = VECTORS["users"]
BOB = USERS["bob"]["certificate_payload"]


def changed(path, value=None):
    """Return Bob's certificate with the member at *path* replaced, or removed for no value."""
    payload = copy.deepcopy(BOB)
    *parents, name = path.split("/")
    member = payload
    for parent in parents:
        member = member[parent]
    if value is None:
        del member[name]
    else:
        member[name] = value
    return payload


@pytest.mark.parametrize("name", USERS)
def test_recorded_certificate_is_in_normal_form_and_read(name):
    user = USERS[name]

    certificate = read_certificate(canonical_json(user["certificate_payload"]).encode())

    assert normal_certificate(user["certificate_payload"]) == user["certificate_payload"]
    assert certificate.claims.user_id == user["userId"]
    assert certificate.fingerprint == user["fingerprint"]
    assert certificate.serial == user["certificate_payload"]["jti"]
    assert certificate.issuer == "Vibes Trio Test CA"


def test_order_of_members_does_not_matter():
    backwards = dict(reversed(BOB.items()))

    certificate = read_certificate(json.dumps(backwards, indent=1).encode())

    assert certificate.normal_digest == normal_digest(BOB)
    assert certificate.sha256 != read_certificate(canonical_json(BOB).encode()).sha256


@pytest.mark.parametrize(
    "payload",
    [
        changed("jti"),
        changed("exp", "1"),
        changed("creatingUser"),
        changed("creatingUser/type", "ucan"),
        changed("creatingUser/claims/userId", 1),
        changed("creatingUser/claims/params/first"),
        changed("creatingUser/claims/params/more", 1),
        changed("certificate/more", 1),
        changed("certificate/version", 3),
        changed("certificate/validity/notBefore"),
        changed("certificate/subject/emailAddress", "nobody"),
        changed("certificate/keyUsage", ["all"]),
        changed("certificate/extendedKeyUsage", "serverAuth"),
        changed("certificate/signatureAlgorithm", "RS256"),
        changed("certificate/extensions", {"basicConstraints": {"pathLenConstraint": -1}}),
        changed("certificate/subjectPublicKeyInfo/crv", "P-384"),
        changed("certificate/subjectPublicKeyInfo/d", "AA"),
        changed("certificate/subjectPublicKeyInfo/x", "AA"),
    ],
)
def test_certificate_with_a_fault_is_invalid(payload):
    with pytest.raises(Refused, match="cert_invalid"):
        read_certificate(canonical_json(payload).encode())


def test_extensions_are_part_of_the_normal_form():
    extensions = {
        "subjectAltName": ["x"],
        "keyUsage": ["keyCertSign"],
        "basicConstraints": {"cA": True, "pathLenConstraint": 0},
        "certificatePolicies": [{"policyIdentifier": "1.2", "policyQualifiers": ["q"]}],
        "crlDistributionPoints": ["https://ca.example/crl"],
        "authorityInfoAccess": {"ocsp": ["https://ca.example/ocsp"]},
        "nameConstraints": {"permitted": ["a"], "excluded": []},
    }

    certificate = read_certificate(canonical_json(changed("certificate/extensions", extensions)).encode())

    assert certificate.claims.user_id == "user_bob"


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"a":1,"a":2}', b"[" * 50_000])
def test_bytes_that_are_no_json_object_are_malformed(data):
    with pytest.raises(Refused, match="malformed"):
        read_certificate(data)


def test_profile_may_lack_but_not_what_identifies():
    claims = {"userId": "u", "sub": "s", "role": "r", "params": {"email": "e", "email_verified": False}}

    assert read_claims(claims) == Claims(UserId("u"), "s", "r", "e", False)
    for name in claims:
        with pytest.raises(ShapeError):
            read_claims({key: value for key, value in claims.items() if key != name})


def test_written_claims_are_bobs_fewest_and_read_back():
    claims = read_claims(BOB["creatingUser"]["claims"])

    assert claims_json(claims) == BOB["creatingUser"]["claims"]
    assert read_claims(claims_json(claims)) == claims
