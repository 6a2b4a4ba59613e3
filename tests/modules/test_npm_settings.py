"""Where packages come from: our setting, then npm's."""

import base64
import stat
from pathlib import Path

import pytest

from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.modules.npm_settings import find_registry, parse_npmrc


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty home and no npm."""
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}


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
async def test_without_any_word_of_one_there_is_no_registry(tmp_path, env, script):
    if script:
        install_npm(env, script)

    assert await find_registry(Config(tmp_path), env) is None


async def test_npm_that_never_answers_is_left(tmp_path, env, monkeypatch):
    monkeypatch.setattr("vibes_trio.modules.npm_settings.ASK_NPM_TIMEOUT_S", 0.05)
    install_npm(env, "exec /bin/sleep 60")

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
    assert registry.proxy == "http://proxy.test:3128"
    assert registry.ca_file == "/etc/own.pem"


@pytest.mark.parametrize(("proxy", "used"), [("null", ""), ("false", ""), ("http://p.test", "http://p.test")])
async def test_proxy_may_be_switched_off(tmp_path, env, proxy, used):
    named = env | {"npm_config_registry": "https://npm.test/", "npm_config_proxy": proxy}

    registry = await find_registry(Config(tmp_path), named)

    assert registry.proxy == used


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
