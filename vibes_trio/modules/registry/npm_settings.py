"""Where packages come from: our own setting, else what npm on this machine would use.

Order, first wins: `VIBES_REGISTRY_URL` (`none`: no registry at all); the environment variable
`npm_config_registry`; npmrc files, the user's before the global one before the one that npm came with; what
an installed `npm config get registry` says; the public registry. A project's npmrc is not read: a server has no
project. Credentials, scopes, proxy and certificates are read from the same places.

Source: npm's documentation of `config` and `npmrc`.
"""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import trio

from vibes_trio.config import Config, without_secrets
from vibes_trio.errors import ConfigError
from vibes_trio.modules.registry.public_registry import public_registry
from vibes_trio.outbound import Registry, parse_address
from vibes_trio.transports import Access

PUBLIC = "the default, as nothing names another"
ASK_NPM_TIMEOUT_S = 10.0
_VARIABLE = re.compile(r"\$\{([^}?]+)\??\}")
_NOTHING = frozenset({"null", "false", "undefined"})
_BETWEEN = {"ca": "\n"}
_ENV_PREFIX = "npm_config_"


async def find_registry(config: Config, env: Mapping[str, str]) -> Registry | None:
    """Return the registry that the settings name, else the public one; None when they say that there is none.

    Raises:
        ConfigError: an address or a credential in the settings can't be used; says which.
    """
    if not config.asks_registry:
        return None
    settings = await trio.to_thread.run_sync(_read_settings, env)
    if config.registry_url:
        url, source = config.registry_url, "VIBES_REGISTRY_URL"
    elif "registry" in settings:
        url, source = settings["registry"], "npm's settings"
    else:
        url, source = await _ask_npm(env), "npm config get registry"
        if not url:
            url, source = await trio.to_thread.run_sync(public_registry), PUBLIC
    return make_registry(url, source, settings) if url else None


def make_registry(url: str, source: str, settings: Mapping[str, str]) -> Registry:
    """Return the registry at *url* with the scopes, credentials, proxy and certificates of npm's *settings*.

    Raises:
        ConfigError: an address is none, or a credential can't be decoded.
    """
    scopes = {
        key.removesuffix(":registry"): _address(value, key)
        for key, value in settings.items()
        if key.startswith("@") and key.endswith(":registry")
    }
    return Registry(
        url=_address(url, source),
        scopes=scopes,
        credentials=_credentials(settings),
        access=_access(settings),
        source=source,
    )


def _access(settings: Mapping[str, str]) -> Access:
    given = {key: "" if value in _NOTHING else value for key, value in settings.items()}
    return Access(
        proxy=given.get("https-proxy") or given.get("proxy") or "",
        no_proxy=tuple(filter(None, (host.strip() for host in given.get("noproxy", "").split(",")))),
        ca_file=given.get("cafile", ""),
        ca=given.get("ca", "").replace("\\n", "\n"),  # a file of lines can't hold it otherwise
        is_checked=settings.get("strict-ssl") != "false",
    )


def parse_npmrc(text: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the settings in the npmrc file *text*; `${NAME}` stands for a variable of *env*."""
    settings: dict[str, str] = {}
    for line in text.splitlines():
        key, is_setting, value = line.strip().partition("=")
        if not is_setting or key.startswith((";", "#", "[")):
            continue
        name, value = _expand(key.strip(), env), _expand(_unquote(value.strip()), env)
        if name.endswith("[]"):  # one of several
            name = name.removesuffix("[]")
            value = f"{settings[name]}{_BETWEEN.get(name, ',')}{value}" if name in settings else value
        settings[name] = value
    return settings


def _unquote(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _expand(text: str, env: Mapping[str, str]) -> str:
    """An unset variable stays as it is written, as npm leaves it."""
    return _VARIABLE.sub(lambda found: env.get(found[1], found[0]), text)


def _read_settings(env: Mapping[str, str]) -> dict[str, str]:
    """Return npm's settings from all files and *env*, the stronger over the weaker."""
    from_env = {
        key.lower().removeprefix(_ENV_PREFIX).replace("_", "-"): value
        for key, value in env.items()
        if key.lower().startswith(_ENV_PREFIX) and value
    }
    home = env.get("HOME") or env.get("USERPROFILE") or os.path.expanduser("~")
    user = Path(from_env.get("userconfig") or Path(home) / ".npmrc")
    settings: dict[str, str] = {}
    for path in (*_npm_own_files(env, from_env), user):
        try:
            settings |= parse_npmrc(path.read_text("utf-8"), env)
        except (OSError, UnicodeDecodeError):
            continue  # most machines have at most one of these files
    return settings | from_env


def _npm_own_files(env: Mapping[str, str], from_env: Mapping[str, str]) -> list[Path]:
    """Return the npmrc that npm came with and the global one. npm is at PREFIX/lib/node_modules/npm."""
    files = []
    npm = shutil.which("npm", path=env.get("PATH"))
    parents = Path(npm).resolve().parents if npm else ()
    prefix = from_env.get("prefix", "")
    if len(parents) > 4 and parents[1].name == "npm":
        files.append(parents[1] / "npmrc")
        prefix = prefix or str(parents[4])
    if from_env.get("globalconfig"):
        files.append(Path(from_env["globalconfig"]))
    elif prefix:
        files.append(Path(prefix) / "etc" / "npmrc")
    return files


async def _ask_npm(env: Mapping[str, str]) -> str:
    """Return what an installed npm says; empty when there is none, or it fails or dawdles."""
    npm = shutil.which("npm", path=env.get("PATH"))
    if npm is None:
        return ""
    with trio.move_on_after(ASK_NPM_TIMEOUT_S):
        try:
            done = await trio.run_process(
                [npm, "config", "get", "registry"],
                capture_stdout=True,
                stderr=subprocess.DEVNULL,
                env=without_secrets(env),
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        told = done.stdout.decode("utf-8", "replace").strip()
        return told if told.startswith(("https://", "http://")) else ""
    return ""


def _address(text: str, setting: str) -> str:
    url = parse_address(text.strip())
    if url is None:
        raise ConfigError(f"{setting}: an address like https://registry.example/ is wanted; got {text!r}.")
    return str(url.copy_with(query=None, fragment=None)).rstrip("/") + "/"


def _credentials(settings: Mapping[str, str]) -> dict[str, str]:
    """Return `//host/path/` → Authorization header. `_password` is base64, `_auth` is used as it is."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        prefix, _, kind = key.rpartition(":")
        if not prefix.startswith("//"):
            continue
        prefix = prefix.rstrip("/") + "/"
        if kind == "_authToken":
            found[prefix] = f"Bearer {value}"
        elif kind == "_auth":
            found[prefix] = f"Basic {value}"
        elif kind == "username":
            found.setdefault(
                prefix, _basic(value, settings.get(f"{key.removesuffix('username')}_password", ""), key)
            )
    return found


def _basic(username: str, password: str, setting: str) -> str:
    try:
        pair = username.encode() + b":" + base64.b64decode(password, validate=True)
    except ValueError as error:
        raise ConfigError(f"{setting}: its _password is no base64 text.") from error
    return f"Basic {base64.b64encode(pair).decode()}"
