"""Modules of our own that stand for files which are no modules, so that an app can import them."""

from urllib.parse import quote

from vibes_trio.content.cid import to_utf8
from vibes_trio.content.js_json import quote_json

_PATH_SAFE = "/~!$&'()*+,;=:@"


def wrap_asset(name: str, to_root: str) -> str:
    """Return the JavaScript by which the file *name* (from `/`) is imported.

    Args:
        to_root: leads from the wrapper's address to the root of the release: `../../`.

    Its default export is the value of a `.json` file and the address of any other. A style sheet is put
    into the page, once, and waited for: what imports it may measure what it draws.
    """
    address = quote_json(to_root + quote(to_utf8(name[1:]), safe=_PATH_SAFE))
    url = f"const url = new URL({address}, import.meta.url).href;\n"
    if name.lower().endswith(".json"):
        place = quote_json(to_utf8(name[1:]).decode("utf-8", "replace"))
        return (
            f"{url}const text = await (await fetch(url)).text();\n"
            "function parse() {\n"
            "  try {\n"
            "    return JSON.parse(text);\n"
            "  } catch (error) {\n"
            "    // boot.js shows where.\n"
            f"    const cause = {{ served: {place}, line: Number(/\\(line (\\d+)/.exec(error.message)?.[1] ?? 1) }};\n"
            "    throw new SyntaxError(`This is no JSON: ${error.message}`, { cause });\n"
            "  }\n"
            "}\n"
            "export default parse();\n"
        )
    if name.lower().endswith(".css"):
        return (
            f'{url}if (!document.querySelector(`link[href="${{CSS.escape(url)}}"]`)) {{\n'
            "  await new Promise((done) => {\n"
            '    const link = document.createElement("link");\n'
            '    Object.assign(link, { rel: "stylesheet", href: url, onload: done, onerror: done });\n'
            "    document.head.append(link);\n"
            "  });\n"
            "}\n"
            "export default url;\n"
        )
    return f"{url}export default url;\n"
