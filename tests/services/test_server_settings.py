"""Settings are shown with their origin; of what is secret nobody sees more than that it is set."""

import re

import pytest

from vibes_trio.config import SETTINGS, load_config
from vibes_trio.services.server_settings import HIDDEN, describe

NO_SECRET = {
    "CLOUD_SESSION_TOKEN_PUBLIC": "a public key",
    "CLERK_PUBLISHABLE_KEY": "every page gets it, as its name says",
    "CLERK_PUB_JWT_KEY": "public keys",
    "CLERK_PUB_JWT_URL": "addresses of public keys",
    "DEVICE_ID_CA_CERT": "a certificate, which devices show",
}
"""What is called like a secret and is none, and why."""
SECRETS = [setting.name for setting in SETTINGS if setting.secret]
ADDRESSES = ("VIBES_REGISTRY_URL", "CLERK_PUB_JWT_URL", "CALLAI_CHAT_URL", "CALLAI_IMG_URL", "FPCLOUD_URL")


def shown(tmp_path, **env):
    found = describe(load_config({"VIBES_DATA_DIR": str(tmp_path), **env}))
    return {one.name: (one.value, one.origin) for one in found}


def test_whatever_is_called_like_a_secret_is_one_or_is_known_not_to_be():
    called = {s.name for s in SETTINGS if re.search(r"KEY|SECRET|TOKEN|PASS|JWT|CERT|CREDENTIAL", s.name)}

    assert called == {*SECRETS, *NO_SECRET}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_never_shown(tmp_path, name):
    both = {secret: "verborgen" for secret in SECRETS if secret != "DEVICE_ID_CA_PRIV_KEY"}
    of_ca = {"DEVICE_ID_CA_PRIV_KEY": "verborgen", "DEVICE_ID_CA_CERT": "zOther"}

    found = shown(tmp_path, **both, **of_ca)

    assert found[name] == (HIDDEN, "environment")
    assert "verborgen" not in repr(found)


def test_a_secret_that_is_not_set_is_shown_to_be_so(tmp_path):
    assert {shown(tmp_path)[name] for name in SECRETS} == {("", "default")}


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://bob:verborgen@a.test/b", f"https://bob:{HIDDEN}@a.test/b"),
        ("https://:verborgen@a.test/b", f"https://:{HIDDEN}@a.test/b"),
        ("https://verborgen@a.test:8080/b", f"https://{HIDDEN}@a.test:8080/b"),
        ("https://a.test:8080/b?key=verborgen", f"https://a.test:8080/b?{HIDDEN}"),
        ("https://a.test:8080/b@c:d", "https://a.test:8080/b@c:d"),
    ],
)
def test_credentials_in_an_address_are_hidden_and_nothing_else(tmp_path, name, address, told):
    assert shown(tmp_path, **{name: address})[name][0] == told


def test_each_of_several_addresses_is_looked_at(tmp_path):
    both = shown(tmp_path, CLERK_PUB_JWT_URL="https://a:x@a.test", CLERK_PUB_JWT_URL_1="https://y@b.test?z=1")

    assert both["CLERK_PUB_JWT_URL"] == (
        f"https://a:{HIDDEN}@a.test, https://{HIDDEN}@b.test?{HIDDEN}",
        "environment",
    )


def test_a_file_and_its_numbered_settings_are_told_to_be_the_origin(tmp_path):
    (tmp_path / "config.toml").write_text(
        'CLERK_PUB_JWT_KEY_1 = "k"\nCLERK_PUB_JWT_KEY = "j"\nMAX_CHATS_PER_USER_ID = 7\n'
    )

    found = shown(tmp_path)

    assert found["CLERK_PUB_JWT_KEY"] == ("j, k", "config.toml")
    assert found["MAX_CHATS_PER_USER_ID"] == ("7", "config.toml")
    assert found["VIBES_PORT"][1] == "default"
