"""Every setting as people see it: its value and where that came from, and nothing secret."""

import re

from vibes_trio.config import SETTINGS, Config, Setting
from vibes_trio.wire.operator import ToldSetting

HIDDEN = "(hidden)"
DEFAULT = "default"
INSTEAD = {
    "VIBES_REGISTRY_URL": "(npm's own settings, else the public registry)",
    "VIBES_ESBUILD": "(data folder, PATH)",
    "DEVICE_ID_CA_PRIV_KEY": "(keys.json)",
    "DEVICE_ID_CA_CERT": "(keys.json)",
    "CLOUD_SESSION_TOKEN_PUBLIC": "(keys.json)",
}
"""What stands for a setting that is empty, where that doesn't mean "none"."""
# An address may hold credentials: behind the name, alone in its place, or behind the question mark.
_PASSWORD = re.compile(r"(//[^/@\s,:]*:)[^/@\s,]*@")
_TOKEN = re.compile(r"//(?![^/@\s,]*:)[^/@\s,]+@")
_QUERY = re.compile(r"(://[^\s,?]*)\?[^\s,]+")


def describe(config: Config) -> tuple[ToldSetting, ...]:
    """Return every setting of *config*."""
    final = config.with_port(config.port)
    return tuple(
        ToldSetting(
            name=setting.name,
            value=_value_of(final, setting),
            origin=config.origins.get(setting.name, DEFAULT),
            meaning=setting.meaning,
        )
        for setting in SETTINGS
    )


def _value_of(config: Config, setting: Setting) -> str:
    if setting.field == "app_env":
        value: object = config.app_env.get(setting.name, "")
    else:
        value = getattr(config, setting.field)
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    if setting.secret:
        return HIDDEN if text else ""
    text = _PASSWORD.sub(rf"\1{HIDDEN}@", text)
    return _QUERY.sub(rf"\1?{HIDDEN}", _TOKEN.sub(f"//{HIDDEN}@", text))
