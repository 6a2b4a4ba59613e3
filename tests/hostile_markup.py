"""What people write into chats who want a script of theirs to run on the page that shows it; `window.hacked` tells."""

PAYLOADS = (
    "<script>window.hacked=1</script>",
    "<ScRiPt>window.hacked=1</sCrIpT>",
    "<script src=data:text/javascript,window.hacked=1></script>",
    "<img src=x onerror=window.hacked=1>",
    "<img src=x onerror=&#119;indow.hacked=1>",
    "<svg onload=window.hacked=1>",
    "<svg><script>window.hacked=1</script></svg>",
    "<svg><animate onbegin=window.hacked=1 attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.hacked=1&gt;'>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<iframe src='javascript:parent.hacked=1'></iframe>",
    "<object data='data:text/html,<script>parent.hacked=1</script>'></object>",
    "<embed src='javascript:window.hacked=1'>",
    "<details open ontoggle=window.hacked=1>x</details>",
    "<input autofocus onfocus=window.hacked=1>",
    "<video><source onerror=window.hacked=1></video>",
    "<body onload=window.hacked=1>",
    "<style>@import 'javascript:window.hacked=1';</style>",
    "<link rel=stylesheet href='data:text/css,*{display:none}'>",
    "<base href='https://elsewhere.test/'>",
    "<meta http-equiv=refresh content='0;url=javascript:window.hacked=1'>",
    "<form action=javascript:window.hacked=1><button>x</button></form>",
    "<template><script>window.hacked=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.hacked=1>'>",
    "<textarea></textarea><img src=x onerror=window.hacked=1>",
    "</div></article></main><script>window.hacked=1</script>",
    "--><script>window.hacked=1</script><!--",
    "]]><script>window.hacked=1</script>",
    "{{constructor.constructor('window.hacked=1')()}}",
    "{% raw %}<script>window.hacked=1</script>{% endraw %}",
    "[x](javascript:window.hacked=1)",
    "[x](JaVaScRiPt:window.hacked=1)",
    "[x](java&#115;cript:window.hacked=1)",
    "[x](java\tscript:window.hacked=1)",
    "[x](<java\nscript:window.hacked=1>)",
    "[x](\x01javascript:window.hacked=1)",
    "[x](&#1;javascript:window.hacked=1)",
    "[x](javascript&colon;window.hacked=1)",
    "[x](javascript%3Awindow.hacked=1)",
    "[x](vbscript:window.hacked=1)",
    "[x](data:text/html,<script>opener.hacked=1</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5vcGVuZXIuaGFja2VkPTE8L3NjcmlwdD4=)",
    "[x](data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='opener.hacked=1'/>)",
    "[x](blob:http://localhost/1)",
    "[x](//elsewhere.test/)",
    "[x](/sign-out)",
    "<javascript:window.hacked=1>",
    "[x]: javascript:window.hacked=1\n\n[x]",
    "[x](https://a.test 'title\" onmouseover=\"window.hacked=1')",
    '[x](https://a.test/"onmouseover="window.hacked=1)',
    '![x](x"onerror="window.hacked=1)',
    "![x](javascript:window.hacked=1)",
    "![x](https://elsewhere.test/pixel.png)",
    '![x"onerror="window.hacked=1](data:image/png;base64,AAAA)',
    "![x](data:image/svg+xml,<svg onload=window.hacked=1>)",
    "![x](data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0icGFyZW50LmhhY2tlZD0xIi8+)",
    "[![x](https://elsewhere.test/a.png)](javascript:window.hacked=1)",
    '```js"><script>window.hacked=1</script>\ncode\n```',
    "```html\n<script>window.hacked=1</script>\n```",
    "```</code></pre><script>window.hacked=1</script>\nx\n```",
    "    <script>window.hacked=1</script>",
    "`<img src=x onerror=window.hacked=1>`",
    "| <script>window.hacked=1</script> |\n| - |\n| <img src=x onerror=window.hacked=1> |",
    "# <img src=x onerror=window.hacked=1>",
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "\u003cscript\u003ewindow.hacked=1\u003c/script\u003e",
    "＜script＞window.hacked=1＜/script＞",
    "<scr\0ipt>window.hacked=1</scr\0ipt>",
    "<a href=javascript:window.hacked=1 autofocus>x</a>",
    "<xmp><script>window.hacked=1</script></xmp>",
    "<plaintext><script>window.hacked=1</script>",
    "\u2028<script>window.hacked=1</script>",
)


def blocks_of(payload: str) -> list[dict[str, object]]:
    """A section that has *payload* in every place that text may have."""
    base = {
        "blockId": payload,
        "streamId": payload,
        "seq": 0,
        "blockNr": 0,
        "timestamp": "2026-01-01T00:00:00Z",
    }
    stats = {"lines": 1, "bytes": 1}
    lines = payload.split("\n")
    prose = base | {"sectionId": "p"}
    code = base | {"sectionId": "c", "lang": payload}
    request = {
        "model": payload,
        "messages": [{"role": role, "content": payload} for role in ("system", "user")],
    }
    return [
        {"type": "prompt.txt", "streamId": payload, "timestamp": "2026-01-01T00:00:00Z", "request": request},
        prose | {"type": "block.toplevel.begin"},
        *(
            prose | {"type": "block.toplevel.line", "lineNr": at, "line": line}
            for at, line in enumerate(lines)
        ),
        prose | {"type": "block.toplevel.end", "stats": stats},
        code | {"type": "block.code.begin", "path": payload},
        *(code | {"type": "block.code.line", "lineNr": at, "line": line} for at, line in enumerate(lines)),
        code | {"type": "block.code.end", "stats": stats},
        base | {"type": "block.image", "sectionId": "i", "url": payload, "stats": stats},
    ]
