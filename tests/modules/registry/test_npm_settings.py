"""Where packages come from: our setting, then npm's."""

import base64
import stat
from pathlib import Path

import pytest

from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.modules.registry import npm_settings
from vibes_trio.modules.registry.npm_settings import PUBLIC, find_registry, parse_npmrc


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty home and no npm."""
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}


@pytest.fixture(autouse=True)
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """A default registry that is nowhere."""
    monkeypatch.setattr(npm_settings, "public_registry", lambda: "https://public.test/")


def write_npmrc(env: dict[str, str], text: str) -> None:
    (Path(env["HOME"]) / ".npmrc").write_text(text)


def install_npm(env: dict[str, str], script: str) -> Path:
    """Put an npm on the PATH that runs *script*; return the folder it came with."""
    prefix = Path(env["PATH"]).parent / "prefix"
    home = prefix / "lib" / "node_modules" / "npm"
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "npm-cli.js"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (Path(env["PATH"]) / "npm").symlink_to(program)
    return home


async def test_own_setting_comes_first(tmp_path, env):
    write_npmrc(env, "registry=https://npmrc.test/")
    config = Config(tmp_path, registry_url="https://own.test/npm")

    registry = await find_registry(config, env | {"npm_config_registry": "https://env.test/"})

    assert registry is not None
    assert (registry.url, registry.source) == ("https://own.test/npm/", "VIBES_REGISTRY_URL")


async def test_none_means_none(tmp_path, env):
    assert await find_registry(Config(tmp_path, registry_url="none"), env) is None


@pytest.mark.parametrize("name", ["npm_config_registry", "NPM_CONFIG_REGISTRY"])
async def test_environment_comes_before_files(tmp_path, env, name):
    write_npmrc(env, "registry=https://npmrc.test/")

    registry = await find_registry(Config(tmp_path), env | {name: "https://env.test/"})

    assert registry is not None
    assert registry.url == "https://env.test/"


async def test_files_come_in_order_user_then_global_then_builtin(tmp_path, env):
    home = install_npm(env, "exit 1")
    (home / "npmrc").write_text("registry=https://builtin.test/\n")
    urls = [(await find_registry(Config(tmp_path), env)).url]
    (home.parents[2] / "etc").mkdir()
    (home.parents[2] / "etc" / "npmrc").write_text("registry=https://global.test/\n")
    urls.append((await find_registry(Config(tmp_path), env)).url)
    write_npmrc(env, "registry=https://user.test/\n")
    urls.append((await find_registry(Config(tmp_path), env)).url)

    assert urls == ["https://builtin.test/", "https://global.test/", "https://user.test/"]


async def test_files_may_lie_elsewhere(tmp_path, env):
    (tmp_path / "mine").write_text("@scope:registry=https://scope.test/")
    (tmp_path / "global").write_text("registry=https://global.test/")
    elsewhere = {
        "npm_config_userconfig": str(tmp_path / "mine"),
        "npm_config_globalconfig": str(tmp_path / "global"),
    }

    registry = await find_registry(Config(tmp_path), env | elsewhere)

    assert registry.url == "https://global.test/"
    assert registry.url_of("@scope/pkg") == "https://scope.test/"
    assert registry.url_of("@other/pkg") == "https://global.test/"


async def test_installed_npm_is_asked_when_nothing_is_written(tmp_path, env):
    install_npm(env, 'test "$*" = "config get registry" && echo https://npm.test/path')

    registry = await find_registry(Config(tmp_path), env)

    assert (registry.url, registry.source) == ("https://npm.test/path/", "npm config get registry")


@pytest.mark.parametrize("script", ["exit 1", "echo undefined", "echo", None])
async def test_without_any_word_of_one_it_is_the_public_one(tmp_path, env, script):
    if script:
        install_npm(env, script)

    registry = await find_registry(Config(tmp_path), env)

    assert registry is not None
    assert (registry.url, registry.source) == ("https://public.test/", PUBLIC)


async def test_npm_that_never_answers_is_left(tmp_path, env, monkeypatch):
    monkeypatch.setattr("vibes_trio.modules.registry.npm_settings.ASK_NPM_TIMEOUT_S", 0.05)
    install_npm(env, "exec /bin/sleep 60")

    registry = await find_registry(Config(tmp_path), env)

    assert registry is not None
    assert registry.source == PUBLIC


async def test_each_word_of_one_comes_before_all_that_are_weaker(tmp_path, env):
    """From the default up: one more place names a registry each time, and from then on that one counts."""
    urls = []

    async def note(config: Config, more: dict[str, str]) -> None:
        registry = await find_registry(config, env | more)
        urls.append(registry.url if registry else None)

    await note(Config(tmp_path), {})
    home = install_npm(env, "echo https://told-by-npm.test/")
    await note(Config(tmp_path), {})
    (home / "npmrc").write_text("registry=https://builtin.test/")
    await note(Config(tmp_path), {})
    (home.parents[2] / "etc").mkdir()
    (home.parents[2] / "etc" / "npmrc").write_text("registry=https://global.test/")
    await note(Config(tmp_path), {})
    write_npmrc(env, "registry=https://user.test/")
    await note(Config(tmp_path), {})
    named = {"npm_config_registry": "https://env.test/"}
    await note(Config(tmp_path), named)
    await note(Config(tmp_path, registry_url="https://own.test/"), named)
    await note(Config(tmp_path, registry_url="none"), named)

    names = ["public", "told-by-npm", "builtin", "global", "user", "env", "own"]
    assert urls == [*(f"https://{name}.test/" for name in names), None]


async def test_settings_of_npm_count_for_the_public_one_too(tmp_path, env):
    write_npmrc(env, "//public.test/:_authToken=t\nproxy=http://proxy.test:3128")

    registry = await find_registry(Config(tmp_path), env)

    assert registry is not None
    assert registry.credentials == {"//public.test/": "Bearer t"}
    assert registry.access.proxy == "http://proxy.test:3128"


async def test_a_library_that_knows_no_default_leaves_none(tmp_path, env, monkeypatch):
    monkeypatch.setattr(npm_settings, "public_registry", lambda: "")

    assert await find_registry(Config(tmp_path), env) is None


async def test_credentials_scopes_proxy_and_certificates_are_read(tmp_path, env):
    password = base64.b64encode(b"se:cret").decode()
    write_npmrc(
        env,
        f"""; a comment
        # another
        registry = "https://main.test/npm"
        @own:registry=https://own.test
        //main.test/npm/:_authToken=${{TOKEN}}
        //own.test/:_auth=YTpi
        //basic.test:username=me
        //basic.test:_password={password}
        //basic.test/:always-auth=true
        https-proxy=http://proxy.test:3128
        cafile=/etc/own.pem
        [section]
        """,
    )

    registry = await find_registry(Config(tmp_path), env | {"TOKEN": "t0ken"})

    assert registry.url == "https://main.test/npm/"
    assert registry.scopes == {"@own": "https://own.test/"}
    assert registry.credentials == {
        "//main.test/npm/": "Bearer t0ken",
        "//own.test/": "Basic YTpi",
        "//basic.test/": f"Basic {base64.b64encode(b'me:se:cret').decode()}",
    }
    assert registry.access.proxy == "http://proxy.test:3128"
    assert registry.access.ca_file == "/etc/own.pem"


@pytest.mark.parametrize(("proxy", "used"), [("null", ""), ("false", ""), ("http://p.test", "http://p.test")])
async def test_proxy_may_be_switched_off(tmp_path, env, proxy, used):
    named = env | {"npm_config_registry": "https://npm.test/", "npm_config_proxy": proxy}

    registry = await find_registry(Config(tmp_path), named)

    assert registry.access.proxy == used


@pytest.mark.parametrize(
    "settings",
    [
        {"npm_config_registry": "registry.test"},
        {"npm_config_registry": "ftp://registry.test/"},
        {"npm_config_registry": "https://"},
        {"npm_config_registry": "https://[x/"},
    ],
)
async def test_address_that_is_none_is_named(tmp_path, env, settings):
    with pytest.raises(ConfigError, match="npm's settings"):
        await find_registry(Config(tmp_path), env | settings)


async def test_scope_and_password_that_can_not_be_used_are_named(tmp_path, env):
    env["npm_config_registry"] = "https://npm.test/"
    write_npmrc(env, "@own:registry=nowhere")
    with pytest.raises(ConfigError, match="@own:registry"):
        await find_registry(Config(tmp_path), env)

    write_npmrc(env, "//a.test/:username=me\n//a.test/:_password=no base64!")
    with pytest.raises(ConfigError, match="_password"):
        await find_registry(Config(tmp_path), env)


def test_unset_variables_stay_as_written():
    assert parse_npmrc("a=${SET}/${UNSET}/${SET?}", {"SET": "x"}) == {"a": "x/${UNSET}/x"}


@pytest.mark.parametrize(("text", "is_checked"), [("false", False), ("true", True), ("", True)])
async def test_certificates_are_checked_unless_npm_is_told_not_to(tmp_path, env, text, is_checked):
    write_npmrc(env, f"strict-ssl={text}")

    assert (await find_registry(Config(tmp_path), env)).access.is_checked is is_checked


async def test_certificates_may_stand_in_the_settings(tmp_path, env):
    write_npmrc(env, 'ca[]="-----BEGIN A-----\\nx\\n-----END A-----"\nca[]=-----BEGIN B-----')

    ca = (await find_registry(Config(tmp_path), env)).access.ca

    assert ca == "-----BEGIN A-----\nx\n-----END A-----\n-----BEGIN B-----"


@pytest.mark.parametrize("value", ["null", "", "undefined"])
async def test_certificates_may_be_none(tmp_path, env, value):
    write_npmrc(env, f"ca={value}\ncafile={value}")

    access = (await find_registry(Config(tmp_path), env)).access

    assert (access.ca, access.ca_file) == ("", "")


async def test_hosts_reached_without_a_proxy_are_read(tmp_path, env):
    named = env | {"npm_config_noproxy": "a.test, .b.test,,"}

    assert (await find_registry(Config(tmp_path), named)).access.no_proxy == ("a.test", ".b.test")
