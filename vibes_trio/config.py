"""Every setting and every limit, with its unit in its name. Read once; frozen.

Precedence, the same for each setting: command line flag, then environment, then `config.toml` in the data
folder, then the default below. The names of the reference keep their names.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from vibes_trio.errors import ConfigError

ModulesMode = Literal["auto", "local", "cdn"]
DeviceChain = Literal["strict", "registry", "legacy"]

KiB = 1024
MiB = 1024 * KiB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that are not settings: each loop, queue, body, frame, cache and wait has one here."""

    # Wire
    max_body_bytes: int = 16 * MiB
    max_frame_bytes: int = 16 * MiB
    hard_frame_bytes: int = 32 * MiB
    max_head_bytes: int = 32 * KiB
    max_json_depth: int = 200
    max_token_bytes: int = 32 * KiB
    max_context_id_chars: int = 128
    max_blocks_per_section: int = 10_000
    max_timestamp_chars: int = 128
    # Deploy
    max_files: int = 500
    max_file_bytes: int = 8 * MiB
    max_lock_bytes: int = 4 * MiB
    folder_entries: int = 50_000
    max_release_bytes: int = 64 * MiB
    max_source_bytes: int = 512 * KiB
    max_filename_chars: int = 512
    max_env_bytes: int = 64 * KiB
    max_imports: int = 500
    slug_attempts: int = 5
    # Compilers
    compile_timeout_s: float = 10.0
    compile_memory_bytes: int = 1024 * MiB
    compile_at_once: int = 2
    max_compiled_bytes: int = 8 * MiB
    compiles_per_worker: int = 500
    compiled_cache_bytes: int = 16 * MiB
    # Connections
    in_flight_per_connection: int = 64
    max_connections: int = 15_000
    connections_per_client: int = 5_000
    held_bytes: int = 256 * MiB
    shed_at_once: int = 256
    accept_backlog: int = 1024
    parked_per_turn: int = 64
    peer_timeout_s: float = 20.0
    head_timeout_s: float = 10.0
    body_timeout_s: float = 30.0
    keep_alive_timeout_s: float = 5.0
    send_timeout_s: float = 10.0
    message_timeout_s: float = 60.0
    outbox_bytes: int = 1 * MiB
    ping_interval_s: float = 20.0
    close_timeout_s: float = 2.0
    # Processes
    max_workers: int = 64
    reader_poll_s: float = 0.05
    reader_settle_s: float = 1.0
    reader_watch_s: float = 5.0
    reader_hung_s: float = 15.0
    reader_restart_s: float = 0.1
    reader_restart_max_s: float = 10.0
    # Outbound
    connect_timeout_s: float = 2.5
    silence_timeout_s: float = 5.0
    stall_timeout_s: float = 30.0
    lookup_timeout_s: float = 3.0
    lookup_bytes: int = 256 * KiB
    lookup_at_once: int = 8
    lookup_cache_s: float = 3600.0
    lookup_cache_entries: int = 4096
    lookup_retry_s: float = 15.0
    lookup_retry_max_s: float = 120.0
    fetch_tries: int = 3
    keys_timeout_s: float = 5.0
    # Modules
    document_bytes: int = 1 * MiB
    package_list_bytes: int = 64 * MiB
    versions_per_list: int = 20_000
    packages_per_lock: int = 1000
    packages_at_once: int = 8
    package_bytes: int = 64 * MiB
    package_unpacked_bytes: int = 256 * MiB
    package_files: int = 100_000
    package_timeout_s: float = 60.0
    build_timeout_s: float = 60.0
    builds_at_once: int = 2
    built_bytes: int = 32 * MiB
    module_cache_bytes: int = 32 * MiB
    page_hosts: int = 50
    font_addresses: int = 20
    font_files: int = 2000
    font_css_bytes: int = 4 * MiB
    font_wait_s: float = 10.0
    font_retry_s: float = 60.0
    failed_fonts: int = 4096
    build_all_timeout_s: float = 600.0
    store_wait_s: float = 300.0
    build_retry_s: float = 30.0
    build_retry_max_s: float = 3600.0
    failed_builds: int = 4096
    known_locks: int = 256
    kept_locks: int = 1000
    # Authentication
    verified_tokens: int = 10_000
    verified_bytes: int = 32 * MiB
    max_csr_bytes: int = 8 * KiB
    certificates_per_user: int = 20
    jwks_bytes: int = 64 * KiB
    jwks_cache_s: float = 1800.0
    jwks_failure_s: float = 10.0
    jwks_refetch_s: float = 60.0
    # Storage
    writes_waiting: int = 1024
    writes_per_commit: int = 256
    reads_waiting: int = 1024
    reader_threads: int = 2
    read_timeout_s: float = 10.0
    busy_timeout_s: float = 5.0
    commits_per_checkpoint: int = 64
    fixed_facts: int = 10_000
    max_wal_bytes: int = 64 * MiB
    reserve_bytes: int = 4 * MiB
    invite_valid_s: float = 600.0
    # Background
    jobs_waiting: int = 256
    sweep_interval_s: float = 600.0
    asset_grace_s: float = 3600.0
    cache_bytes: int = 64 * MiB
    ready_bytes: int = 16 * MiB
    cached_files: int = 50_000
    trust_poll_s: float = 1.0
    # Shutdown
    shutdown_timeout_s: float = 5.0
    job_grace_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one server. Paths are absolute, times are seconds, sizes are bytes."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8787
    workers: int = 1
    hostname_base: str = ""
    protocol: str = ""
    wrapper_base_url: str = ""
    fp_version: str = "0.24.8-dev-test-device-id"
    modules: ModulesMode = "auto"
    page_hosts: tuple[str, ...] = ()
    registry_url: str = ""
    esbuild: str = ""
    device_chain: DeviceChain = "strict"
    max_app_slugs: int = 10
    max_user_slugs: int = 10
    max_apps: int = 50
    device_id_ca_priv_key: str = ""
    device_id_ca_cert: str = ""
    cloud_session_token_public: str = ""
    clerk_publishable_key: str = ""
    clerk_keys: tuple[str, ...] = ()
    clerk_urls: tuple[str, ...] = ()
    clerk_issuers: tuple[str, ...] = ()
    clerk_azps: tuple[str, ...] = ()
    app_env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def with_port(self, port: int) -> "Config":
        """Return the settings once the port that is really listened on is known."""
        values = {f.name: getattr(self, f.name) for f in fields(self)} | {"port": port}
        base = self.hostname_base or f"localhost:{port}"
        local = base.split(":")[0] == "localhost" or base.split(":")[0].endswith(".localhost")
        protocol = self.protocol or ("http" if local else "https")
        wrapper = self.wrapper_base_url or f"{protocol}://{base}/vibe"
        return Config(**values | {"hostname_base": base, "protocol": protocol, "wrapper_base_url": wrapper})


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings table: its public name, the field it fills and what it means."""

    name: str
    field: str
    meaning: str
    parse: str = "text"


# The README's table is checked against this list.
SETTINGS: tuple[Setting, ...] = (
    Setting("VIBES_DATA_DIR", "data_dir", "folder of the database, keys and stored modules", "path"),
    Setting("VIBES_HOST", "host", "address to listen on"),
    Setting("VIBES_PORT", "port", "port to listen on; 0 takes a free one", "int"),
    Setting(
        "VIBES_WORKERS",
        "workers",
        "processes that serve; those beyond the first answer visitors of apps",
        "int",
    ),
    Setting("VIBES_SVC_HOSTNAME_BASE", "hostname_base", "host (and port) under which apps live"),
    Setting("VIBES_SVC_PROTOCOL", "protocol", "`http` or `https`, as visitors see it"),
    Setting("WRAPPER_BASE_URL", "wrapper_base_url", "address that wrapper URLs start with"),
    Setting("FP_VERSION", "fp_version", "version of the @fireproof packages in import maps"),
    Setting("VIBES_MODULES", "modules", "`local`, `cdn` or `auto`: where pages load packages from"),
    Setting(
        "VIBES_PAGE_HOSTS",
        "page_hosts",
        "hosts that pages may ask beside this server, by comma; `*`: any",
        "hosts",
    ),
    Setting(
        "VIBES_REGISTRY_URL",
        "registry_url",
        "npm registry (`none`: nobody is asked); unset: npm's own settings, else the public one",
    ),
    Setting("VIBES_ESBUILD", "esbuild", "path of an esbuild binary"),
    Setting(
        "VIBES_DEVICE_CHAIN", "device_chain", "`strict`, `registry` or `legacy`: which device tokens count"
    ),
    Setting("MAX_APP_SLUG_PER_USER_ID", "max_app_slugs", "app slugs a user may hold", "int"),
    Setting("MAX_USER_SLUG_PER_USER_ID", "max_user_slugs", "user slugs a user may hold", "int"),
    Setting("MAX_APPS_PER_USER_ID", "max_apps", "releases a user may keep", "int"),
    Setting("DEVICE_ID_CA_PRIV_KEY", "device_id_ca_priv_key", "private key of the device CA"),
    Setting("DEVICE_ID_CA_CERT", "device_id_ca_cert", "certificate of the device CA"),
    Setting("CLOUD_SESSION_TOKEN_PUBLIC", "cloud_session_token_public", "public key of session tokens"),
    Setting("CLERK_PUBLISHABLE_KEY", "clerk_publishable_key", "handed to pages; not used for checking"),
    Setting("CLERK_PUB_JWT_KEY", "clerk_keys", "keys that Clerk signs with; also `_1`, `_2`, …", "numbered"),
    Setting("CLERK_PUB_JWT_URL", "clerk_urls", "addresses of Clerk's keys; also `_1`, `_2`, …", "numbered"),
    Setting("CLERK_ISSUERS", "clerk_issuers", "`iss` values that count, by comma; empty: any", "list"),
    Setting("CLERK_AZPS", "clerk_azps", "`azp` values that count, by comma; empty: any", "list"),
    Setting("FPCLOUD_URL", "app_env", "Fireproof cloud that apps may sync with", "app_env"),
    Setting("DASHBOARD_URL", "app_env", "where one signs in to that cloud", "app_env"),
    Setting("CALLAI_API_KEY", "app_env", "key of these services; every page gets it", "app_env"),
    Setting(
        "CALLAI_CHAT_URL", "app_env", "address of an OpenAI-like chat service, for apps' pages", "app_env"
    ),
    Setting("CALLAI_IMG_URL", "app_env", "address of an image service, as above", "app_env"),
    Setting("CALLAI_CHAT_MODEL", "app_env", "model that answers apps that name none", "app_env"),
    Setting("CALLAI_IMG_MODEL", "app_env", "model that draws for apps that name none", "app_env"),
)

ANY_HOST = "*"
# What a Content-Security-Policy takes as a host; nothing that could end its place in one passes.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PAGE_HOST = re.compile(
    rf"(?:(?:https?|wss?)://)?(?:\*\.)?{_LABEL}(?:\.{_LABEL})*(?::(?:[0-9]{{1,5}}|\*))?", re.ASCII
)

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "modules": ("auto", "local", "cdn"),
    "device_chain": ("strict", "registry", "legacy"),
    "protocol": ("", "http", "https"),
}


def default_data_dir(env: Mapping[str, str]) -> Path:
    """Return where data lives when nothing says otherwise: the XDG data home of the user."""
    home = env.get("XDG_DATA_HOME") or os.path.join(
        env.get("HOME") or os.path.expanduser("~"), ".local", "share"
    )
    return Path(home) / "vibes-trio"


def load_config(env: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Config:
    """Return the settings from *flags* (setting name → text), *env* and the file in the data folder.

    Raises:
        ConfigError: a value that can't be used; names the setting and where it came from.
    """
    given: dict[str, str] = {k: v for k, v in env.items() if v != ""} | dict(flags or {})
    data_dir = Path(given["VIBES_DATA_DIR"]) if "VIBES_DATA_DIR" in given else default_data_dir(env)
    given = _read_file(data_dir.absolute() / "config.toml") | given
    values: dict[str, Any] = {"data_dir": data_dir.absolute()}
    app_env: dict[str, str] = {}
    for setting in SETTINGS:
        if setting.field == "data_dir":
            continue
        if setting.parse == "numbered":
            continue
        text = given.get(setting.name)
        if text is None:
            continue
        if setting.parse == "app_env":
            app_env[setting.name] = text
        else:
            values[setting.field] = _parse(setting, text)
    values["clerk_keys"], values["clerk_urls"] = _numbered_clerk(given)
    if "clerk_publishable_key" in values:
        app_env["CLERK_PUBLISHABLE_KEY"] = values["clerk_publishable_key"]
    if bool(values.get("device_id_ca_priv_key")) != bool(values.get("device_id_ca_cert")):
        raise ConfigError("DEVICE_ID_CA_PRIV_KEY and DEVICE_ID_CA_CERT go together: set both or neither.")
    config = Config(**values, app_env=app_env)
    if not 1 <= config.workers <= config.limits.max_workers:
        raise ConfigError(
            f"VIBES_WORKERS: 1 to {config.limits.max_workers} processes can be had; got {config.workers}."
        )
    if len(config.page_hosts) > config.limits.page_hosts:
        raise ConfigError(f"VIBES_PAGE_HOSTS: at most {config.limits.page_hosts} hosts; `*` opens all.")
    return config


def _read_file(path: Path) -> dict[str, str]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    known = {setting.name for setting in SETTINGS}
    for name in table:
        base = name.rstrip("0123456789").rstrip("_")
        if name not in known and base not in ("CLERK_PUB_JWT_KEY", "CLERK_PUB_JWT_URL"):
            raise ConfigError(f"{path}: unknown setting {name}. Known: {', '.join(sorted(known))}.")
    return {name: str(value) for name, value in table.items()}


def _parse(setting: Setting, text: str) -> Any:
    if setting.parse == "int":
        if not text.strip().isascii() or not text.strip().isdigit():
            raise ConfigError(f"{setting.name}: a whole number, 0 or more, is wanted; got {text!r}.")
        return int(text)
    if setting.parse == "list":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if setting.parse == "hosts":
        return _parse_hosts(setting.name, text)
    choices = _CHOICES.get(setting.field)
    if choices and text not in choices:
        raise ConfigError(
            f"{setting.name}: one of {', '.join(filter(None, choices))} is wanted; got {text!r}."
        )
    return text


def _parse_hosts(name: str, text: str) -> tuple[str, ...]:
    hosts = tuple(part.strip().lower().removesuffix("/") for part in text.split(",") if part.strip())
    for host in hosts:
        if host != ANY_HOST and not _PAGE_HOST.fullmatch(host):
            raise ConfigError(
                f"{name}: hosts are wanted, such as api.example.org, https://*.example.org or localhost:11434,"
                f" or * for any; got {host!r}."
            )
    return hosts


def _numbered_clerk(given: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read KEY and URL from index 0 upward; stop at the first index where both are empty (auth.md 1)."""
    keys: list[str] = []
    urls: list[str] = []
    for index in range(len(given) + 1):
        suffix = f"_{index}" if index else ""
        key = given.get(f"CLERK_PUB_JWT_KEY{suffix}", "")
        url = given.get(f"CLERK_PUB_JWT_URL{suffix}", "")
        if not key and not url:
            break
        if key:
            keys.append(key)
        urls.extend(part.strip() for part in url.split(",") if part.strip())
    return tuple(keys), tuple(urls)
