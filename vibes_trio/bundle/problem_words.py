"""What the service says of an app's sources, in the words of who wrote them."""

import re

_NO_EXPORT = re.compile(r'No matching export in "(?:app:)?([^"]+)" for import "([^"]+)"')


def in_words(text: str) -> str:
    """Return *text*, what the service says is wrong, so that it says what to write where that is known."""
    found = _NO_EXPORT.fullmatch(text)
    if found is None:
        return text
    file, name = found[1].partition("?")[0], found[2]
    if name == "default":
        return (
            f"{file} has no default export: write `export default` there before what is meant, or import it by its"
            " name, in braces"
        )
    return f"{file} exports no {name}: write `export` there before it, or import what the file does export"
