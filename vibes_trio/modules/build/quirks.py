"""Packages whose code guesses what no longer holds once it is bundled, and what is put in the place of the guess.

A table, and short: what many apps meet and no setting of theirs mends. A version in which the text is not found stays
as it is.
"""

import re
from collections.abc import Mapping

# Leaflet puts the folder of its own pictures before the address of any picture of a default marker. Bundlers have
# taught people to name those pictures themselves (`L.Icon.Default.mergeOptions({ iconUrl })`), as a whole address.
_LEAFLET = (
    re.compile(
        rb"\(this\.options\.imagePath \|\| (\w+)\.imagePath\) \+ (\w+)\.prototype\._getIconUrl\.call\(this, name\)"
    ),
    rb"((url) => /^([a-z]+:|\\/)/i.test(url) ? url : (this.options.imagePath || \1.imagePath) + url)"
    rb"(\2.prototype._getIconUrl.call(this, name))",
)

# Text in three dimensions asks a host that is no npm's for its font, unless it is told of another: this one lies beside
# it, see `package_lock.BESIDE`.
_TEXT_FONT = (
    re.compile(rb"\bdefaultFontURL: null\b"),
    b'defaultFontURL: "https://cdn.jsdelivr.net/npm/@fontsource/inter/files/inter-latin-400-normal.woff"',
)

_QUIRKS: Mapping[str, tuple[tuple[re.Pattern[bytes], bytes], ...]] = {
    "leaflet": (_LEAFLET,),
    "troika-three-text": (_TEXT_FONT,),
}


def has_quirks(package: str) -> bool:
    """Return whether the code of *package* is to be looked through."""
    return package in _QUIRKS


def mend(package: str, code: bytes) -> bytes:
    """Return *code*, of a file of *package*, mended."""
    for pattern, text in _QUIRKS.get(package, ()):
        code = pattern.sub(text, code)
    return code
