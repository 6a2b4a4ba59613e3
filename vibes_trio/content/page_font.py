"""The font that a page's text has unless the app says otherwise: Inter, served from here.

It is called `Inter`, as apps ask for it by that name, most often along with a style sheet of another host that
a closed page can't load. Whatever an app says of fonts is stronger: the rule for `html` stands in the first
layer of all, and Tailwind is told by a *default* of its theme, which any `@theme` of an app replaces.

Until the font is here text is shown in another that is scaled to the same widths and heights, so nothing moves
when it comes. What it has no letters for is shown in a font of the visitor's system.
"""

from collections.abc import Mapping

# Of @fontsource-variable/inter 5.3.0, index.css: which characters are in which file.
_RANGES: Mapping[str, str] = {
    "latin-ext": "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,"
    "U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,"
    "U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
}
SUBSETS = tuple(_RANGES)
# Inter's metrics over those of Arial and its twins, from the fonts' own tables.
_STAND_IN = (
    '@font-face{font-family:"Inter Fallback";src:local("Arial"),local("Liberation Sans"),local("Arimo");'
    "ascent-override:90.49%;descent-override:22.56%;line-gap-override:0%;size-adjust:107.06%}"
)
_FAMILY = (
    'Inter,"Inter Fallback",ui-sans-serif,system-ui,sans-serif,"Apple Color Emoji","Segoe UI Emoji",'
    '"Segoe UI Symbol","Noto Color Emoji"'
)


def font_elements(fonts: Mapping[str, str]) -> list[str]:
    """Return the style elements of a page; none without *fonts*: subset → address of its file, woff2."""
    if not fonts:
        return []
    faces = [_face(address, _RANGES[subset]) for subset, address in fonts.items()]
    return [
        f"<style>{''.join(faces)}{_STAND_IN}@layer vibes{{html{{font-family:{_FAMILY}}}}}</style>",
        f'<style type="text/tailwindcss">@theme default{{--font-sans:{_FAMILY}}}</style>',
    ]


def _face(address: str, characters: str) -> str:
    return (
        "@font-face{font-family:Inter;font-style:normal;font-weight:100 900;font-display:swap;"
        f'src:url("{address}")format("woff2");unicode-range:{characters}}}'
    )
