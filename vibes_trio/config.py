"""Every setting and every limit, with its unit in its name. Read once; frozen.

Precedence, the same for each setting: command line flag, then environment, then `config.toml` in the data
folder, then the default below. The names of the reference keep their names.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from vibes_trio.errors import ConfigError

ModulesMode = Literal["auto", "local", "cdn"]
DeviceChain = Literal["strict", "registry", "legacy"]
NO_REGISTRY = "none"
"""Instead of a registry's address: nobody is asked for packages."""
Origin = Literal["flag", "environment", "config.toml"]

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB


# Nobody prints all of them; to make what would takes one or two milliseconds of every start.
@dataclass(frozen=True, slots=True, repr=False)
class Limits:
    """Bounds that are not settings: each loop, queue, body, frame, cache and wait has one here."""

    # Wire
    max_body_bytes: int = 16 * MiB
    max_frame_bytes: int = 16 * MiB
    hard_frame_bytes: int = 32 * MiB
    max_head_bytes: int = 32 * KiB
    empty_frames_per_ping: int = 32 * 1024
    max_json_depth: int = 200
    read_here_bytes: int = 64 * KiB
    max_token_bytes: int = 32 * KiB
    max_context_id_chars: int = 128
    max_blocks_per_section: int = 10_000
    max_timestamp_chars: int = 128
    # Deploy
    max_files: int = 1000
    max_file_bytes: int = 8 * MiB
    max_lock_bytes: int = 8 * MiB
    folder_entries: int = 50_000
    max_release_bytes: int = 64 * MiB
    max_source_bytes: int = 512 * KiB
    max_filename_chars: int = 512
    max_env_bytes: int = 64 * KiB
    max_env_names: int = 1000
    max_imports: int = 500
    max_links: int = 10_000
    max_hosted: int = 200
    max_pages: int = 50
    max_map_bytes: int = 1 * MiB
    linked_here_chars: int = 8 * KiB
    rendered_here_chars: int = 128 * KiB
    slug_attempts: int = 5
    max_run_id_chars: int = 100
    max_message_chars: int = 500
    # Chats of apps
    max_prompt_bytes: int = 256 * KiB
    max_turn_bytes: int = 1 * MiB
    sections_told: int = 1000
    chat_answer_bytes: int = 4 * MiB
    # Secrets of apps
    app_secrets: int = 100
    max_secret_bytes: int = 8 * KiB
    # Uploads
    max_upload_bytes: int = 32 * MiB
    open_uploads: int = 20
    upload_grant_s: float = 3600.0
    # Lists
    list_items: int = 100
    max_search_chars: int = 100
    file_page_bytes: int = 384 * KiB
    max_settings: int = 50
    max_settings_bytes: int = 32 * KiB
    max_suggestions: int = 20
    max_title_chars: int = 200
    read_page_bytes: int = 1 * MiB
    show_page_bytes: int = 128 * KiB
    show_page_s: float = 8.0
    show_section_s: float = 1.0
    show_section_bytes: int = 2 * MiB
    show_html_bytes: int = 1 * MiB
    show_plain_chars: int = 128 * KiB
    show_timeout_s: float = 5.0
    undo_s: float = 7 * 86400.0
    # Of what happened to an app
    log_entries: int = 500
    log_s: float = 30 * 86400.0
    log_chars: int = 1000
    log_errors: int = 5
    rename_rows: int = 20_000
    old_names: int = 20
    # Sharing
    members_per_app: int = 1000
    links_per_app: int = 100
    share_link_s: float = 90 * 86400.0
    # Errors of pages
    page_error_bytes: int = 8 * KiB
    page_errors_kept: int = 50
    page_errors_burst: int = 20
    page_error_pause_s: float = 5.0
    page_errors_known: int = 4096
    page_errors_burst_of_all: int = 200
    page_error_pause_of_all_s: float = 0.05
    # Compilers
    compile_timeout_s: float = 10.0
    compile_memory_bytes: int = 640 * MiB
    compile_at_once: int = 3
    compile_for_one: int = 2
    compiles_waiting: int = 20_000
    compiles_waiting_for_one: int = 4000
    max_compiled_bytes: int = 8 * MiB
    max_bundle_bytes: int = 24 * MiB
    compiles_per_worker: int = 500
    compile_niceness: int = 10
    compiled_cache_bytes: int = 16 * MiB
    # Processes beside
    beside_short_bytes: int = 1 * MiB
    beside_timeout_s: float = 10.0
    beside_memory_bytes: int = 512 * MiB
    beside_answer_bytes: int = 4 * MiB
    beside_per_process: int = 1000
    beside_waiting: int = 64
    # Connections
    in_flight_per_connection: int = 64
    max_connections: int = 15_000
    connections_per_client: int = 5_000
    held_bytes: int = 128 * MiB
    shed_at_once: int = 256
    accept_backlog: int = 1024
    parked_per_turn: int = 64
    peer_timeout_s: float = 20.0
    head_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    body_timeout_bytes: int = 1 * KiB
    keep_alive_timeout_s: float = 5.0
    send_timeout_s: float = 10.0
    message_timeout_s: float = 60.0
    outbox_bytes: int = 1 * MiB
    subscriptions: int = 50_000
    subscriptions_per_connection: int = 100
    subscribers_reading: int = 16
    subscriber_bytes: int = 256 * KiB
    subscriber_behind_s: float = 5.0
    subscriber_retry_s: float = 0.5
    events_at_once: int = 100
    event_page_bytes: int = 256 * KiB
    apps_per_event: int = 50
    newer_wait_s: float = 25.0
    index_quiet_s: float = 1.0
    index_wait_s: float = 30.0
    index_settle_s: float = 2.0
    index_page: int = 500
    chats_to_index: int = 10_000
    indexed_at_once: int = 32
    indexed_chars: int = 64 * KiB
    preview_chars: int = 120
    export_bytes: int = 4 * MiB
    import_chats: int = 1000
    import_sections: int = 20_000
    progress_wait_s: float = 40.0
    progress_pause_s: float = 0.2
    pages_waiting: int = 1000
    ping_interval_s: float = 20.0
    close_timeout_s: float = 2.0
    # Client
    request_tries: int = 4
    reconnect_base_s: float = 0.5
    reconnect_max_s: float = 30.0
    reconnect_stable_s: float = 300.0
    reconnect_wait_s: float = 60.0
    follow_wait_s: float = 600.0
    events_waiting: int = 256
    upload_part_bytes: int = 1 * MiB
    client_addresses: int = 64
    watch_quiet_s: float = 0.03
    watch_most_s: float = 0.5
    watch_turn_s: float = 0.1
    # Processes
    max_workers: int = 64
    reader_poll_s: float = 0.05
    reader_settle_s: float = 1.0
    reader_watch_s: float = 5.0
    reader_hung_s: float = 15.0
    reader_restart_s: float = 0.1
    reader_restart_max_s: float = 10.0
    changes_waiting: int = 1000
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
    versions_looked_at: int = 1000
    packages_per_lock: int = 1000
    packages_at_once: int = 8
    package_bytes: int = 64 * MiB
    short_package_bytes: int = 4 * MiB
    package_unpacked_bytes: int = 256 * MiB
    package_files: int = 100_000
    package_timeout_s: float = 60.0
    build_timeout_s: float = 60.0
    builds_at_once: int = 2
    builds_waiting: int = 10_000
    builds_waiting_for_one: int = 2000
    build_places: int = 4
    build_places_most: int = 3
    build_memory_bytes: int = 256 * MiB
    build_niceness: int = 15
    package_source_bytes: int = 24 * MiB
    tree_bytes: int = 1024 * MiB
    report_bytes: int = 32 * MiB
    report_here_bytes: int = 256 * KiB
    report_piece_bytes: int = 1 * MiB
    report_memory_bytes: int = 512 * MiB
    built_bytes: int = 32 * MiB
    module_cache_bytes: int = 32 * MiB
    large_module_bytes: int = 1 * MiB
    package_file_bytes: int = 128 * MiB
    outputs_per_build: int = 5000
    adoptions_per_build: int = 5
    older_majors: int = 3
    page_hosts: int = 50
    extra_hosts: int = 50
    api_origins: int = 50
    font_addresses: int = 20
    font_families: int = 100
    font_files: int = 2000
    font_css_bytes: int = 4 * MiB
    font_wait_s: float = 10.0
    font_retry_s: float = 60.0
    failed_fonts: int = 4096
    sass_wait_s: float = 30.0
    toolchain_wait_s: float = 180.0  # for esbuild, before a server starts
    sass_sheet_bytes: int = 32 * MiB
    build_all_timeout_s: float = 600.0
    store_wait_s: float = 300.0
    build_retry_s: float = 30.0
    build_retry_max_s: float = 3600.0
    failed_builds: int = 4096
    known_locks: int = 256
    kept_locks: int = 1000
    kept_exports: int = 4000
    deploy_resolve_s: float = 4.0
    # Authentication
    verified_tokens: int = 10_000
    verified_bytes: int = 32 * MiB
    max_csr_bytes: int = 8 * KiB
    certificates_per_user: int = 20
    session_s: float = 90 * 86400.0
    session_idle_s: float = 30 * 86400.0
    session_touch_s: float = 300.0
    session_poll_s: float = 0.5
    sessions: int = 100_000
    sessions_per_user: int = 50
    max_browser_chars: int = 200
    passkeys_per_user: int = 20
    challenge_s: float = 300.0
    challenges_used: int = 10_000
    user_invites: int = 1000
    user_invite_s: float = 7 * 86400.0
    sign_in_burst: int = 20
    sign_in_pause_s: float = 3.0
    sign_in_addresses: int = 10_000
    jwks_bytes: int = 64 * KiB
    jwks_cache_s: float = 1800.0
    jwks_failure_s: float = 10.0
    jwks_refetch_s: float = 60.0
    handed_valid_s: float = 300.0
    handed_tokens: int = 10_000
    handed_bytes: int = 8 * MiB
    max_handed_bytes: int = 4 * KiB
    entry_s: float = 43_200.0
    entries_per_user: int = 200
    reports_burst: int = 5
    report_pause_s: float = 600.0
    reporters_known: int = 10_000
    # Storage
    writes_waiting: int = 1024
    writes_per_commit: int = 256
    reads_waiting: int = 1024
    reader_threads: int = 2
    read_timeout_s: float = 10.0
    busy_timeout_s: float = 5.0
    commits_per_checkpoint: int = 64
    commit_here_s: float = 0.0005
    long_write_bytes: int = 256 * KiB
    put_ahead_bytes: int = 1 * MiB
    put_ahead_assets: int = 100
    checkpoint_bytes: int = 8 * MiB
    fixed_facts: int = 10_000
    max_wal_bytes: int = 64 * MiB
    reserve_bytes: int = 4 * MiB
    invite_valid_s: float = 600.0
    # Operator
    doctor_s: float = 30.0
    doctor_kept_s: float = 60.0
    sample_interval_s: float = 10.0
    samples: int = 360
    # Background
    jobs_waiting: int = 1024
    jobs_waiting_for_one: int = 256
    build_jobs: int = 4
    build_jobs_for_one: int = 2
    sweep_interval_s: float = 600.0
    sweep_users: int = 100
    sweep_releases: int = 4
    sweep_assets: int = 50
    sweep_uploads: int = 4
    sweep_bytes: int = 1 * MiB
    sweep_sections: int = 100
    asset_grace_s: float = 3600.0
    cache_bytes: int = 72 * MiB
    cached_file_bytes: int = 9 * MiB  # the largest file, with its entry
    long_content_bytes: int = 1 * MiB
    compressed_bytes: int = 24 * MiB
    ready_bytes: int = 16 * MiB
    cached_files: int = 50_000
    trust_poll_s: float = 1.0
    expiry_look_s: float = 86400.0
    expiry_told_s: float = 30 * 86400.0
    expiry_told: int = 20
    backup_look_s: float = 300.0
    backup_deadline_s: float = 6 * 3600.0
    backup_niceness: int = 15
    periodic_deadline_s: float = 30.0
    periodic_jitter: float = 0.1
    # Log
    log_window_s: float = 10.0
    log_kind_bytes: int = 4 * KiB
    log_kinds: int = 256
    log_message_chars: int = 2000
    # Shutdown
    shutdown_timeout_s: float = 5.0
    job_grace_s: float = 2.0


SPLIT = ("cache_bytes", "ready_bytes", "module_cache_bytes")
"""What all processes of a server have together, each the same part."""


def shared_out(limits: Limits, processes: int) -> tuple[Limits, Limits]:
    """Return the limits of the process that owns the data, and of each that reads, where there are so many together.

    What they may hold in memory adds up to what one process alone may. The owner alone takes messages, so half of what
    connections may hold is its; none has less than the largest file takes, which counts from nine processes on.
    """
    if processes == 1:
        return limits, limits
    split = {name: getattr(limits, name) // processes for name in SPLIT}
    owners = limits.held_bytes // 2
    readers = max((limits.held_bytes - owners) // (processes - 1), limits.cached_file_bytes)
    return replace(limits, **split, held_bytes=owners), replace(limits, **split, held_bytes=readers)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one server. Paths are absolute, times are seconds, sizes are bytes.

    *origins*: where each setting that was given came from, by its name.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8787
    workers: int = 1
    hostname_base: str = ""
    extra_hosts: tuple[str, ...] = ()
    protocol: str = ""
    wrapper_base_url: str = ""
    fp_version: str = "0.24.8-dev-test-device-id"
    modules: ModulesMode = "auto"
    page_hosts: tuple[str, ...] = ()
    api_origins: tuple[str, ...] = ("*",)
    page_errors: Literal["on", "off"] = "on"
    registry_url: str = ""
    esbuild: str = ""
    sass: str = ""
    device_chain: DeviceChain = "strict"
    max_app_slugs: int = 1000
    max_user_slugs: int = 250
    max_apps: int = 5000
    max_app_bytes: int = 5 * 1024 * MiB
    max_chats: int = 100_000
    max_chat_sections: int = 1_000_000
    max_chat_bytes: int = 2 * 1024 * MiB
    disk_reserve: int = 128 * MiB
    device_id_ca_priv_key: str = ""
    device_id_ca_cert: str = ""
    cloud_session_token_public: str = ""
    clerk_publishable_key: str = ""
    clerk_keys: tuple[str, ...] = ()
    clerk_urls: tuple[str, ...] = ()
    clerk_issuers: tuple[str, ...] = ()
    clerk_azps: tuple[str, ...] = ()
    app_env: Mapping[str, str] = field(default_factory=dict)
    backup_every_h: int = 0
    backup_dir: str = ""
    backup_keep: int = 7
    metrics_token: str = ""
    access_log: str = ""
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)
    limits: Limits = field(default_factory=Limits)

    @property
    def asks_registry(self) -> bool:
        """Whether a package registry may be asked, whichever it is."""
        return self.registry_url != NO_REGISTRY

    def with_port(self, port: int) -> "Config":
        """Return the settings once the port that is really listened on is known."""
        values = {f.name: getattr(self, f.name) for f in fields(self)} | {"port": port}
        base = self.hostname_base or f"localhost:{port}"
        local = base.split(":")[0] == "localhost" or base.split(":")[0].endswith(".localhost")
        protocol = self.protocol or ("http" if local else "https")
        wrapper = self.wrapper_base_url or f"{protocol}://{base}/vibe"
        return Config(**values | {"hostname_base": base, "protocol": protocol, "wrapper_base_url": wrapper})


MAX_PORT = 65535
MAX_BACKUP_HOURS = 24 * 366
MAX_COUNT = 1_000_000_000
MAX_BYTES = 2**50


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings table: its public name, the field it fills and what it means.

    *least* and *most* bound a number (`parse` is `int`), or how many a list may have. Of one that is *secret* nobody is
    shown more than that it is set.
    """

    name: str
    field: str
    meaning: str
    parse: str = "text"
    least: int = 0
    most: int = MAX_COUNT
    secret: bool = False


# The README's table is checked against this list.
SETTINGS: tuple[Setting, ...] = (
    Setting("VIBES_DATA_DIR", "data_dir", "folder of the database, keys and stored modules", "path"),
    Setting("VIBES_HOST", "host", "address to listen on"),
    Setting("VIBES_PORT", "port", "port to listen on; 0 takes a free one", "int", most=MAX_PORT),
    Setting(
        "VIBES_WORKERS",
        "workers",
        "processes that serve; those beyond the first answer visitors of apps",
        "int",
        least=1,
        most=Limits().max_workers,
    ),
    Setting("VIBES_SVC_HOSTNAME_BASE", "hostname_base", "host (and port) under which apps live", "host"),
    Setting(
        "VIBES_EXTRA_HOSTS",
        "extra_hosts",
        "further hosts under which apps live, by comma; `*`: any",
        "app_hosts",
        most=Limits().extra_hosts,
    ),
    Setting("VIBES_SVC_PROTOCOL", "protocol", "`http` or `https`, as visitors see it"),
    Setting("WRAPPER_BASE_URL", "wrapper_base_url", "address that wrapper URLs start with"),
    Setting("FP_VERSION", "fp_version", "version of the @fireproof packages in import maps"),
    Setting("VIBES_MODULES", "modules", "`local`, `cdn` or `auto`: where pages load packages from"),
    Setting(
        "VIBES_PAGE_HOSTS",
        "page_hosts",
        "hosts that pages may ask beside this server, by comma; `*`: any",
        "hosts",
        most=Limits().page_hosts,
    ),
    Setting(
        "VIBES_API_ORIGINS",
        "api_origins",
        "origins whose pages may send messages, by comma; `*`: any",
        "origins",
        most=Limits().api_origins,
    ),
    Setting(
        "VIBES_PAGE_ERRORS",
        "page_errors",
        "`on` or `off`: whether apps' pages tell this server of errors, for the app's owner",
    ),
    Setting(
        "VIBES_REGISTRY_URL",
        "registry_url",
        "npm registry (`none`: nobody is asked); unset: npm's own settings, else the public one",
    ),
    Setting("VIBES_ESBUILD", "esbuild", "path of an esbuild binary"),
    Setting("VIBES_SASS", "sass", "path of a Dart Sass (`sass`, not that of Node)"),
    Setting(
        "VIBES_DEVICE_CHAIN", "device_chain", "`strict`, `registry` or `legacy`: which device tokens count"
    ),
    Setting("MAX_APP_SLUG_PER_USER_ID", "max_app_slugs", "app slugs a user may hold", "int"),
    Setting("MAX_USER_SLUG_PER_USER_ID", "max_user_slugs", "user slugs a user may hold", "int"),
    Setting("MAX_APPS_PER_USER_ID", "max_apps", "releases a user may keep", "int"),
    Setting(
        "MAX_APP_BYTES_PER_USER_ID",
        "max_app_bytes",
        "bytes that these may hold together",
        "int",
        most=MAX_BYTES,
    ),
    Setting("MAX_CHATS_PER_USER_ID", "max_chats", "chat contexts a user may have", "int"),
    Setting(
        "MAX_CHAT_SECTIONS_PER_USER_ID", "max_chat_sections", "sections that these may have together", "int"
    ),
    Setting(
        "MAX_CHAT_BYTES_PER_USER_ID",
        "max_chat_bytes",
        "bytes that these may hold together",
        "int",
        most=MAX_BYTES,
    ),
    Setting(
        "VIBES_DISK_RESERVE",
        "disk_reserve",
        "bytes of the data folder's disk that stay free: below, nothing more is stored for clients",
        "int",
        most=MAX_BYTES,
    ),
    Setting("DEVICE_ID_CA_PRIV_KEY", "device_id_ca_priv_key", "private key of the device CA", secret=True),
    Setting("DEVICE_ID_CA_CERT", "device_id_ca_cert", "certificate of the device CA"),
    Setting("CLOUD_SESSION_TOKEN_PUBLIC", "cloud_session_token_public", "public key of session tokens"),
    Setting("CLERK_PUBLISHABLE_KEY", "clerk_publishable_key", "handed to pages; not used for checking"),
    Setting("CLERK_PUB_JWT_KEY", "clerk_keys", "keys that Clerk signs with; also `_1`, `_2`, …", "numbered"),
    Setting("CLERK_PUB_JWT_URL", "clerk_urls", "addresses of Clerk's keys; also `_1`, `_2`, …", "numbered"),
    Setting("CLERK_ISSUERS", "clerk_issuers", "`iss` values that count, by comma; empty: any", "list"),
    Setting("CLERK_AZPS", "clerk_azps", "`azp` values that count, by comma; empty: any", "list"),
    Setting(
        "VIBES_BACKUP_EVERY",
        "backup_every_h",
        "hours from one backup to the next that the server makes by itself; 0: none",
        "int",
        most=MAX_BACKUP_HOURS,
    ),
    Setting("VIBES_BACKUP_DIR", "backup_dir", "folder of these; unset: `backups` in the data folder"),
    Setting("VIBES_BACKUP_KEEP", "backup_keep", "how many of these are kept", "int", least=1, most=10_000),
    Setting(
        "VIBES_METRICS_TOKEN",
        "metrics_token",
        "bearer token for `/metrics` from other machines; unset: only this one may read it",
        secret=True,
    ),
    Setting(
        "VIBES_ACCESS_LOG",
        "access_log",
        "file that gets a JSON line for each answer over HTTP; `-`: standard error; unset: none",
    ),
    Setting("FPCLOUD_URL", "app_env", "Fireproof cloud that apps may sync with", "app_env"),
    Setting("DASHBOARD_URL", "app_env", "where one signs in to that cloud", "app_env"),
    Setting("CALLAI_API_KEY", "app_env", "key of these services; every page gets it", "app_env", secret=True),
    Setting(
        "CALLAI_CHAT_URL", "app_env", "address of an OpenAI-like chat service, for apps' pages", "app_env"
    ),
    Setting("CALLAI_IMG_URL", "app_env", "address of an image service, as above", "app_env"),
    Setting("CALLAI_CHAT_MODEL", "app_env", "model that answers apps that name none", "app_env"),
    Setting("CALLAI_IMG_MODEL", "app_env", "model that draws for apps that name none", "app_env"),
)

KEY_FILE_VARIABLE = "VIBES_DEVICE_ID"
"""Holds a key file's text (JSON, or that as base64), for clients. The JavaScript ones read it too."""
# What the programs that a server starts (its readers, npm) have no use for.
SECRET_VARIABLES = frozenset(
    {"DEVICE_ID_CA_PRIV_KEY", "CLOUD_SESSION_TOKEN_SECRET", "VIBES_METRICS_TOKEN", KEY_FILE_VARIABLE}
)

ANY_HOST = "*"
# What a Content-Security-Policy takes as a host; nothing that could end its place in one passes.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PAGE_HOST = re.compile(
    rf"(?:(?:https?|wss?)://)?(?:\*\.)?{_LABEL}(?:\.{_LABEL})*(?::(?:[0-9]{{1,5}}|\*))?", re.ASCII
)

_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_NAME}(?:\.{_NAME})*\.?|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?", re.ASCII)
_ORIGIN = re.compile(
    rf"[a-z][a-z0-9+.-]*://(?:{_NAME}(?:\.{_NAME})*|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?", re.ASCII
)

_NUMBER = re.compile(r"(CLERK_PUB_JWT_(?:KEY|URL))_?[0-9]+", re.ASCII)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "modules": ("auto", "local", "cdn"),
    "device_chain": ("strict", "registry", "legacy"),
    "protocol": ("", "http", "https"),
    "page_errors": ("on", "off"),
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
    in_env = {name: value for name, value in env.items() if value != ""}
    given: dict[str, str] = in_env | dict(flags or {})
    data_dir = Path(given["VIBES_DATA_DIR"]) if "VIBES_DATA_DIR" in given else default_data_dir(env)
    in_file = _read_file(data_dir.absolute() / "config.toml")
    given = in_file | given
    values: dict[str, Any] = {
        "data_dir": data_dir.absolute(),
        "origins": _find_origins(("config.toml", in_file), ("environment", in_env), ("flag", flags or {})),
    }
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
    return Config(**values, app_env=app_env)


def _find_origins(*given: tuple[Origin, Mapping[str, str]]) -> dict[str, Origin]:
    """Return where each setting comes from, of *given*, the last of which counts; numbered ones by any number."""
    known = {setting.name for setting in SETTINGS}
    return {
        name: origin
        for origin, values in given
        for name in (_NUMBER.sub(r"\1", text) for text in values)
        if name in known
    }


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Return *env* for a program that we start: it gets no key that lets one sign in, or sign for others."""
    return {name: value for name, value in env.items() if name not in SECRET_VARIABLES}


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
        if name not in known and not _NUMBER.fullmatch(name):
            raise ConfigError(f"{path}: unknown setting {name}. Known: {', '.join(sorted(known))}.")
    return {name: str(value) for name, value in table.items()}


def _parse(setting: Setting, text: str) -> Any:
    if setting.parse == "int":
        return _parse_int(setting, text)
    if setting.parse == "list":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if setting.parse in _HOSTS:
        return _parse_hosts(setting, text)
    if setting.parse == "host" and text and not _HOST.fullmatch(text.lower()):
        raise ConfigError(
            f"{setting.name}: a host is wanted, with or without port, such as apps.example.org; got {text!r}."
        )
    choices = _CHOICES.get(setting.field)
    if choices and text not in choices:
        raise ConfigError(
            f"{setting.name}: one of {', '.join(filter(None, choices))} is wanted; got {text!r}."
        )
    return text


def _parse_int(setting: Setting, text: str) -> int:
    digits = text.strip()
    # Python refuses to read thousands of digits, in words of its own.
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_BYTES))
    if not is_number or not setting.least <= int(digits) <= setting.most:
        raise ConfigError(
            f"{setting.name}: a whole number from {setting.least} to {setting.most} is wanted; got {text[:40]!r}."
        )
    return int(digits)


# How each of a list has to be written, and what that is called.
_HOSTS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "hosts": (
        _PAGE_HOST,
        "hosts are wanted, such as api.example.org, https://*.example.org or localhost:11434",
    ),
    "app_hosts": (_HOST, "hosts are wanted, such as apps.example.org or todo--ada.example.com"),
    "origins": (_ORIGIN, "origins are wanted, such as https://chat.example.org or http://localhost:3000"),
}


def _parse_hosts(setting: Setting, text: str) -> tuple[str, ...]:
    pattern, wanted = _HOSTS[setting.parse]
    hosts = tuple(part.strip().lower().removesuffix("/") for part in text.split(",") if part.strip())
    for host in hosts:
        name = host.removeprefix("*.") if setting.parse == "app_hosts" else host
        if host != ANY_HOST and not pattern.fullmatch(name):
            raise ConfigError(f"{setting.name}: {wanted}, or * for any; got {host!r}.")
    if len(hosts) > setting.most:
        raise ConfigError(f"{setting.name}: at most {setting.most} {wanted.split()[0]}; `*` opens all.")
    return tuple(_without_default_port(host) for host in hosts) if setting.parse == "origins" else hosts


def _without_default_port(origin: str) -> str:
    """Return *origin* as browsers name it."""
    for scheme, port in (("http", 80), ("https", 443)):
        if origin.startswith(f"{scheme}://"):
            return origin.removesuffix(f":{port}")
    return origin


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
