import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.slugs import (
    check_slug_pair,
    own_names,
    parse_app_slug,
    parse_slug_pair,
    parse_user_slug,
    random_slug,
    slug_of,
)
from vibes_trio.errors import BadRequest
from vibes_trio.exchange import AppSlug, UserSlug

VECTORS = Path(__file__).parent.parent / "conformance"

# Slugs that the reference takes and we refuse. Source: protocol.md, section 4, *Slugs*: the grammar, the
# host name that needs two characters of user slug, and no app slug of exactly two characters.
REFUSED = {
    ("a--b", "c--d"): "can't be a part of a host name",
    ("a/../b", "x.y"): "can't be a part of a host name",
    ("my app", "my user"): "can't be a part of a host name",
    ("äpp", "üser"): "can't be a part of a host name",
    ("<b>", '"q"'): "can't be a part of a host name",
    ("a", "b"): "has one character",
    ("mx", "max"): "has two characters",
}


def recorded_pairs() -> Iterator[tuple[str, str]]:
    """All pairs of slugs with which the reference deployed."""
    for name in ("ensure-app-slug", "serving", "limits", "http"):
        for scenario in json.loads((VECTORS / f"{name}.json").read_text())["scenarios"]:
            for vector in scenario["vectors"]:
                body = vector.get("request", {}).get("body")
                payload = body.get("payload") if isinstance(body, dict) else None
                if isinstance(payload, dict) and vector["response"]["status"] == 200:
                    yield payload.get("appSlug") or "", payload.get("userSlug") or ""


def test_recorded_slugs_are_taken_or_refused_for_a_stated_reason() -> None:
    pairs = set(recorded_pairs())

    assert len(pairs) > 50
    assert set(REFUSED) <= pairs
    for app, user in pairs:
        if (app, user) in REFUSED:
            with pytest.raises(BadRequest, match=REFUSED[app, user]):
                parse_slug_pair(app, user)
        else:
            assert parse_slug_pair(app, user) == (app.lower() or None, user.lower() or None)


@pytest.mark.parametrize("text", ["a", "1", "abc", "my-app", "a-1-b", "App", "TODO-List2", "a" * 63, "app"])
def test_app_slug_is_lowered(text: str) -> None:
    assert parse_app_slug(text) == text.lower()


@pytest.mark.parametrize("text", ["ab", "22", "ada", "Ada-Lovelace", "a" * 63])
def test_user_slug_is_lowered(text: str) -> None:
    assert parse_user_slug(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "-",
            "-abc",
            "abc-",
            "a--b",
            "xn--80ak",
            "a_b",
            "a.b",
            "a/b",
            "a b",
            "abc\n",
            "\nabc",
            "abc\x00",
        ),
        *("äpp", "\u212aelvin", "ａbc", "аbc", "ſhop", "１２３", "a" * 64, "__proto__", "_acme-challenge"),
    ],
)
@pytest.mark.parametrize("parse", [parse_app_slug, parse_user_slug])
def test_what_is_no_part_of_a_host_name_is_refused(parse, text: str) -> None:
    with pytest.raises(BadRequest, match="can't be a part of a host name; use letters a to z"):
        parse(text)


def test_refusal_shows_no_more_than_a_label_of_the_text() -> None:
    with pytest.raises(BadRequest) as caught:
        parse_app_slug("_" * 100_000)

    assert len(caught.value.message) < 300


@pytest.mark.parametrize("text", ["ab", "XN", "a1"])
def test_app_slug_of_two_characters_is_refused(text: str) -> None:
    """With the `--` behind it it would be a reserved label: browsers decode `xn--…`."""
    with pytest.raises(BadRequest, match="has two characters; take one, or three and more"):
        parse_app_slug(text)


def test_user_slug_of_one_character_is_refused() -> None:
    with pytest.raises(BadRequest, match='userSlug: "a" has one character'):
        parse_user_slug("a")


@pytest.mark.parametrize(
    "name",
    [
        *("www", "api", "admin", "auth", "login", "static", "assets", "cdn", "mail", "ns1", "localhost"),
        *("status", "docs", "health", "metrics", "constructor", "prototype", "toString", "hasOwnProperty"),
        *("null", "undefined", "NaN"),
    ],
)
@pytest.mark.parametrize("parse", [parse_app_slug, parse_user_slug])
def test_reserved_name_is_refused(parse, name: str) -> None:
    with pytest.raises(BadRequest, match=f'"{name.lower()}" is reserved for the server itself'):
        parse(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("adm1n", "admin"),
        ("admln", "admin"),
        ("adrnin", "admin"),
        ("adrn1n", "admin"),
        ("ap1", "api"),
        ("l0gin", "login"),
        ("1ogin", "login"),
        ("iocalhost", "localhost"),
        ("1oca1h0st", "localhost"),
        ("rnail", "mail"),
        ("rnetrlcs", "metrics"),
        ("nsl", "ns1"),
        ("nu11", "null"),
        ("d0cs", "docs"),
    ],
)
@pytest.mark.parametrize("parse", [parse_app_slug, parse_user_slug])
def test_look_alike_of_a_reserved_name_is_refused(parse, text: str, name: str) -> None:
    with pytest.raises(BadRequest, match=f'"{text}" looks like "{name}", which is reserved'):
        parse(text)


@pytest.mark.parametrize("text", ["admin-panel", "my-api", "apis", "app2", "maill", "wwww", "modern"])
def test_name_that_only_holds_a_reserved_one_is_fine(text: str) -> None:
    assert (parse_app_slug(text), parse_user_slug(text)) == (text, text)


def test_app_is_an_app_slug_but_no_user_slug() -> None:
    """The reference deploys under it, and `app--ada` can't be taken for the host `app`."""
    assert parse_app_slug("app") == "app"
    with pytest.raises(BadRequest, match="is reserved"):
        parse_user_slug("app")


@pytest.mark.parametrize(
    ("base", "names"),
    [
        ("vibes.example.org:8787", {"vibes", "example"}),
        ("Localhost:8787", {"localhost"}),
        ("apps.test", {"apps"}),
    ],
)
def test_names_of_the_own_host_are_known(base: str, names: set[str]) -> None:
    assert own_names(base) == names


def test_names_of_the_own_host_are_reserved() -> None:
    own = own_names("vibes.example.org")

    for text in ("vibes", "v1bes", "example"):
        with pytest.raises(BadRequest, match="reserved"):
            parse_app_slug(text, own)
        with pytest.raises(BadRequest, match="reserved"):
            parse_user_slug(text, own)
        with pytest.raises(BadRequest, match="reserved"):
            parse_slug_pair("", text, own)
    assert parse_slug_pair("vibes", "") == ("vibes", None)


def test_empty_slug_is_not_given() -> None:
    assert parse_slug_pair("", "") == (None, None)
    assert parse_slug_pair("todo", "") == ("todo", None)
    assert parse_slug_pair("", "ada") == (None, "ada")


def test_both_slugs_together_are_one_label() -> None:
    assert parse_slug_pair("a" * 30, "b" * 31) == ("a" * 30, "b" * 31)
    check_slug_pair(AppSlug("a" * 58), UserSlug("bcd"))

    with pytest.raises(BadRequest, match=r"a--b+ has 64 characters; a part of a host name may have 63"):
        parse_slug_pair("a" * 31, "b" * 31)
    with pytest.raises(BadRequest, match="64"):
        check_slug_pair(AppSlug("a" * 60), UserSlug("bc"))


@given(st.text())
def test_every_text_is_a_slug_or_refused(text: str) -> None:
    for parse in (parse_app_slug, parse_user_slug):
        try:
            slug = parse(text)
        except BadRequest:
            continue
        assert re.fullmatch(r"[a-z0-9](-?[a-z0-9])*", slug)
        assert slug == text.lower()
        assert parse(slug) == slug


@given(st.from_regex(r"[a-z0-9]-?[a-z0-9]-?[a-z0-9]{1,20}", fullmatch=True))
def test_pair_can_be_told_apart_again(text: str) -> None:
    """What comes out of a host name is what went in: the first `--` is the one between the slugs."""
    try:
        app, user = parse_slug_pair(text, text)
    except BadRequest:
        return

    label = f"{app}--{user}"
    assert tuple(label.split("--", 1)) == (app, user)
    label.encode("ascii")


@given(st.randoms(use_true_random=False))
def test_random_slug_is_three_words_that_pass_for_either(random: Random) -> None:
    slug = random_slug(random)

    assert re.fullmatch(r"[a-z]+-[a-z]+-[a-z]+", slug)
    assert len(slug) <= 29
    assert parse_slug_pair(slug, slug) == (slug, slug)


def test_random_slugs_rarely_repeat() -> None:
    random = Random(1)

    assert len({random_slug(random) for _ in range(1000)}) > 990


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My App", "my-app"),
        ("--x__y--", "x-y"),
        ("Käse 2000!", "k-se-2000"),
        ("!!!", ""),
        ("a" * 29 + "-b", "a" * 29),
    ],
)
def test_a_folder_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name, 30) == slug
    assert not slug or parse_app_slug(slug) == slug
