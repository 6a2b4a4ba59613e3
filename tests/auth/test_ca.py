import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from vibes_trio.auth.ca import expiry_warning, issue_certificate, make_ca, read_ca
from vibes_trio.auth.certificate import normal_certificate, read_certificate
from vibes_trio.auth.csr import check_csr
from vibes_trio.auth.encoding import canonical_json
from vibes_trio.auth.jwk import new_key, thumbprint
from vibes_trio.auth.jws import has_signature_of, sign_jws, split_jws
from vibes_trio.auth.verifier import Claims
from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import UserId

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
NOW = VECTORS["reference_now"]
PAIRS = {vector["name"]: vector for vector in VECTORS["ca_env"]}
SETTINGS = {"ca_key_invalid": "DEVICE_ID_CA_PRIV_KEY", "ca_cert_invalid": "DEVICE_ID_CA_CERT"}
ALICE = Claims(UserId("alice"), "sub", "authenticated", "alice@example.com", True)
DAY_S = 86_400


@pytest.mark.parametrize("name", PAIRS)
def test_recorded_pair_gets_recorded_verdict(name):
    pair = PAIRS[name]

    if pair["expect"]["ok"]:
        ca = read_ca(pair["DEVICE_ID_CA_PRIV_KEY"], pair["DEVICE_ID_CA_CERT"], pair["now"])
        assert ca.name == "Vibes Trio Test CA"
    else:
        with pytest.raises(ConfigError, match="^" + SETTINGS[pair["expect"]["code"]]) as caught:
            read_ca(pair["DEVICE_ID_CA_PRIV_KEY"], pair["DEVICE_ID_CA_CERT"], pair["now"])
        assert pair["DEVICE_ID_CA_PRIV_KEY"] not in str(caught.value)


@pytest.mark.parametrize("name", ["main", "other_name", "same_name"])
def test_recorded_cas_are_read(name):
    env = VECTORS["env"][name]

    ca = read_ca(env["DEVICE_ID_CA_PRIV_KEY"], env["DEVICE_ID_CA_CERT"], NOW)

    assert ca.name == ("Other CA" if name == "other_name" else "Vibes Trio Test CA")


def test_new_ca_is_named_after_its_key_lasts_ten_years_and_passes_the_start_up_check():
    ca = make_ca(NOW)

    read = read_ca(ca.settings["DEVICE_ID_CA_PRIV_KEY"], ca.settings["DEVICE_ID_CA_CERT"], NOW)

    assert ca.name == f"vibes-trio {thumbprint(ca.key.public_key())[:8]}"
    assert ca.not_after == NOW + 3650 * DAY_S
    assert (read.name, read.not_after, read.key.public_key()) == (ca.name, ca.not_after, ca.key.public_key())


def test_certificate_of_a_ca_has_the_form_of_the_reference():
    recorded = split_jws(VECTORS["env"]["main"]["DEVICE_ID_CA_CERT"], 10_000, typ="CERT+JWT")
    jws = split_jws(make_ca(NOW).certificate_jwt, 10_000, typ="CERT+JWT")
    payload = jws.payload()

    assert jws.header.keys() == recorded.header.keys()
    assert jws.header["x5c"] == []
    assert payload.keys() == recorded.payload().keys()
    assert payload["certificate"].keys() == recorded.payload()["certificate"].keys()
    assert payload["aud"] == recorded.payload()["aud"] == "certificate-users"
    for name in ("version", "signatureAlgorithm", "keyUsage", "extendedKeyUsage"):
        assert payload["certificate"][name] == recorded.payload()["certificate"][name]


def test_expired_ca_stops_the_start_to_the_second():
    ca = make_ca(NOW)
    pair = ca.settings["DEVICE_ID_CA_PRIV_KEY"], ca.settings["DEVICE_ID_CA_CERT"]

    assert read_ca(*pair, ca.not_after - 1)
    for now in (ca.not_after, NOW - 1):
        with pytest.raises(ConfigError, match="expired or not yet valid"):
            read_ca(*pair, now)
    assert read_ca(*pair, None)


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"sub": "other"}, "device's"), ({"certificate": None}, "certificate: an object is wanted")],
)
def test_certificate_of_another_kind_is_no_cas(change, fault):
    ca = make_ca(NOW)
    payload = split_jws(ca.certificate_jwt, 10_000, typ="CERT+JWT").payload() | change
    certificate_jwt = sign_jws({"typ": "CERT+JWT"}, payload, ca.key)

    with pytest.raises(ConfigError, match=fault):
        read_ca(ca.settings["DEVICE_ID_CA_PRIV_KEY"], certificate_jwt, NOW)


def test_certificate_about_another_key_is_refused():
    ca, other = make_ca(NOW), make_ca(NOW)
    payload = split_jws(other.certificate_jwt, 10_000, typ="CERT+JWT").payload()

    with pytest.raises(ConfigError, match="about another key"):
        read_ca(ca.settings["DEVICE_ID_CA_PRIV_KEY"], sign_jws({"typ": "CERT+JWT"}, payload, ca.key), NOW)


def test_operator_is_warned_in_the_last_thirty_days():
    ca = make_ca(NOW)

    assert expiry_warning(ca, ca.not_after - 30 * DAY_S) is None
    assert "29 days" in expiry_warning(ca, ca.not_after - 30 * DAY_S + 1)


def test_private_key_does_not_show_in_the_representation():
    assert "key=" not in repr(make_ca(NOW)).replace("public_key=", "")


@pytest.mark.parametrize("name", VECTORS["users"])
def test_certificate_for_a_recorded_request_says_what_the_reference_says(name):
    user = VECTORS["users"][name]
    env = VECTORS["env"]["main"]
    ca = read_ca(env["DEVICE_ID_CA_PRIV_KEY"], env["DEVICE_ID_CA_CERT"], NOW)
    csr = check_csr(user["csr"], Limits(), user["csr_made_at"])

    issued = issue_certificate(ca, csr, ALICE, NOW)

    recorded = user["certificate_payload"]
    certificate, wanted = issued.payload["certificate"], recorded["certificate"]
    differing = ("serialNumber", "validity")
    assert issued.payload.keys() == recorded.keys()
    assert {name: certificate[name] for name in wanted if name not in differing} == {
        name: wanted[name] for name in wanted if name not in differing
    }
    assert certificate.keys() == wanted.keys()


def test_issued_certificate_is_signed_in_normal_form_and_reported():
    ca = make_ca(NOW)
    csr = check_csr(VECTORS["users"]["bob"]["csr"], Limits(), VECTORS["users"]["bob"]["csr_made_at"])

    issued = issue_certificate(ca, csr, ALICE, NOW + 0.7, days=7)

    jws = split_jws(issued.certificate_jwt, 10_000, typ="CERT+JWT")
    certificate = read_certificate(canonical_json(jws.payload()).encode())
    assert has_signature_of(jws, "ES256", ca.key.public_key())
    assert normal_certificate(jws.payload()) == jws.payload() == issued.payload
    assert (certificate.claims, certificate.serial) == (ALICE, issued.serial)
    assert certificate.sha256_hex == issued.sha256_hex
    assert certificate.fingerprint == issued.fingerprint == VECTORS["users"]["bob"]["fingerprint"]
    assert (issued.issued_at, issued.expires_at) == (NOW, NOW + 7 * DAY_S)
    validity = issued.payload["certificate"]["validity"]
    assert datetime.fromisoformat(validity["notAfter"]).timestamp() == NOW + 7 * DAY_S
    assert validity["notBefore"].endswith(".000Z")


def test_certificate_never_outlasts_its_ca_and_serials_differ():
    ca = replace(make_ca(NOW), not_after=NOW + 100)
    csr = check_csr(VECTORS["users"]["bob"]["csr"], Limits(), VECTORS["users"]["bob"]["csr_made_at"])

    first, second = (issue_certificate(ca, csr, ALICE, NOW) for _ in range(2))

    assert first.expires_at == NOW + 100
    assert first.serial != second.serial


def test_key_setting_of_another_curve_or_form_is_refused():
    ca = make_ca(NOW)

    for text in ("", "z", "zAQ4", ca.settings["DEVICE_ID_CA_PRIV_KEY"] + " "):
        with pytest.raises(ConfigError, match="DEVICE_ID_CA_PRIV_KEY"):
            read_ca(text, ca.certificate_jwt, NOW)
    with pytest.raises(ConfigError, match="not signed with"):
        read_ca(replace(ca, key=new_key()).settings["DEVICE_ID_CA_PRIV_KEY"], ca.certificate_jwt, NOW)
