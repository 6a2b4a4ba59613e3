"""Style sheets of fonts: taken from packages, made for pages."""

import pytest

from vibes_trio.content.font_addresses import FontRequest, WantedFace, WantedFont, parse_font_request
from vibes_trio.content.font_css import Face, Font, parse_faces, render_fonts

# As packages of Fontsource have it.
SHEET = """/* alpha-cyrillic-wght-italic */
@font-face {
  font-family: 'Alpha Variable';
  font-style: italic;
  font-display: swap;
  font-weight: 100 900;
  font-stretch: 75% 100%;
  src: url(./files/alpha-cyrillic-standard-italic.woff2) format('woff2-variations');
  unicode-range: U+0301,U+0400-045F,
    U+04B0-04B1;
}
/* alpha-latin-400-normal */
@font-face {
  font-family: 'Alpha';
  font-style: normal;
  src: url(./files/alpha-latin-400-normal.woff2) format('woff2'), url(./files/alpha-latin-400.woff) format('woff');
}
"""


def test_faces_of_a_package_are_read() -> None:
    assert parse_faces(SHEET) == [
        Face(
            "files/alpha-cyrillic-standard-italic.woff2",
            True,
            (100, 900),
            (75, 100),
            "U+0301,U+0400-045F,U+04B0-04B1",
        ),
        Face("files/alpha-latin-400-normal.woff2"),
    ]


@pytest.mark.parametrize(
    "block",
    [
        "src: url(https://other.test/a.woff2)",
        "src: url(./files/../../secret.woff2)",
        "src: url(./files/a.ttf)",
        "font-weight: 400",
        "src: url(./files/a.woff2); unicode-range: U+0'}body{",
        "src: url(./files/a.woff2); unicode-range: url(x)",
    ],
)
def test_a_face_that_could_lead_elsewhere_is_none(block: str) -> None:
    assert parse_faces(f"@font-face {{ {block} }}") == []


LATIN, CYRILLIC = "U+0000-00FF", "U+0400-045F"
VARIABLE = Font(
    "Alpha",
    False,
    (
        Face("/~esm/c.woff2", False, (100, 900), (75, 125), CYRILLIC),
        Face("/~esm/l.woff2", False, (100, 900), (75, 125), LATIN),
        Face("/~esm/i.woff2", True, (100, 900), (75, 125), LATIN),
    ),
)
STATIC = Font(
    "Beta", False, tuple(Face(f"/~esm/{w}.woff2", weight=(w, w), characters=LATIN) for w in (300, 400, 700))
)
ICONS = Font("Some Icons", True, (Face("/~esm/icons.woff2"),))
FONTS = {"alpha": VARIABLE, "beta": STATIC, "some-icons": ICONS}


def render(query: str, kind: str = "css2") -> list[str]:
    request = parse_font_request(kind, query)
    assert request is not None
    return render_fonts(request, FONTS, {}, 100_000).splitlines()


def test_a_sheet_has_a_face_for_each_part_with_its_range() -> None:
    assert render("family=Alpha:wght@400;700&display=swap") == [
        f"@font-face{{font-family:'Alpha';font-style:normal;font-weight:{weight};font-display:swap;"
        f"src:url({file})format('woff2');unicode-range:{characters};}}"
        for weight in (400, 700)
        for file, characters in (("/~esm/c.woff2", CYRILLIC), ("/~esm/l.woff2", LATIN))
    ]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("family=Alpha:ital,wght@1,200..600", "font-style:italic;font-weight:200 600;src:url(/~esm/i.woff2)"),
        ("family=Alpha:wght@50..2000", "font-weight:100 900;src"),
        ("family=Alpha:wght@950", "font-weight:900;src"),
        ("family=Alpha:wdth,wght@75..100,400", "font-weight:400;font-stretch:75% 100%;src"),
        ("family=Alpha:wdth,wght@10,400", "font-stretch:75%;src"),
        ("family=Alpha", "font-weight:400;src"),
        ("family=beta:wght@320", "font-family:'Beta';font-style:normal;font-weight:300;src"),
        ("family=Beta:wdth,wght@75..100,700", "font-weight:700;src"),
        ("family=Beta:ital,wght@1,700", "font-style:normal;font-weight:700;src"),
        ("family=Beta:wght@500..600", "font-weight:400;src"),
    ],
)
def test_faces_show_what_is_asked_for_or_what_is_nearest(query: str, told: str) -> None:
    assert told in render(query)[0]


def test_a_range_of_weights_takes_all_files_in_it() -> None:
    assert [line.partition("font-weight:")[2][:3] for line in render("family=Beta:wght@350..900")] == [
        "400",
        "700",
    ]


def test_faces_that_two_wishes_share_stand_there_once() -> None:
    assert len(render("family=Beta:wght@390;400;410")) == 1


@pytest.mark.parametrize(
    ("text", "files"),
    [("abc", ["l"]), ("Привет", ["c"]), ("aП", ["c", "l"]), ("字", [])],
)
def test_only_parts_with_letters_of_the_text_are_named(text: str, files: list[str]) -> None:
    lines = render(f"family=Alpha&text={text}")

    assert [line.partition("/~esm/")[2][0] for line in lines] == files


def test_a_wildcard_range_is_understood_and_none_is_all() -> None:
    named = (Face(f"/~esm/{range_}.woff2", characters=range_) for range_ in ("U+4??", "U+30"))
    faces = (Face("/~esm/all.woff2"), *named)
    request = FontRequest((WantedFont("A", (WantedFace(),)),), text="П")

    assert render_fonts(request, {"a": Font("A", False, faces)}, {}, 10_000).count("@font-face") == 2


def test_icons_come_with_the_class_that_shows_them() -> None:
    lines = render("family=Some+Icons", "icon")

    assert lines[1].startswith(".some-icons{font-family:'Some Icons';font-weight:normal;")
    assert "'liga'" in lines[1]


def test_what_is_missing_is_told_in_the_sheet_and_can_not_end_it() -> None:
    request = FontRequest((WantedFont("Nope"), WantedFont("Beta")))

    css = render_fonts(request, FONTS, {'No"pe}': "it\\ is\n gone"}, 10_000)

    assert css.splitlines()[-1] == 'vibes-missing-fonts{content:"No pe}: it  is  gone"}'
    assert css.count("@font-face") == 1


def test_a_name_in_a_package_can_not_leave_its_quotes() -> None:
    font = Font("A'}</style><script>", False, (Face("/~esm/a.woff2"),))

    css = render_fonts(FontRequest((WantedFont("A"),)), {"a": font}, {}, 10_000)

    assert "font-family:'A’} /style  script ';" in css


def test_a_family_of_too_many_parts_is_cut_short_and_told() -> None:
    request = FontRequest((WantedFont("Alpha"),))

    css = render_fonts(request, FONTS, {}, 200)

    assert css.count("@font-face") == 1
    assert 'content:"Alpha: it has too many parts' in css


def test_a_family_without_faces_is_no_trouble() -> None:
    assert render_fonts(FontRequest((WantedFont("A"),)), {"a": Font("A", False, ())}, {}, 100) == ""
