"""Chats of other programs: the export of Open WebUI and of ChatGPT, read and written.

What can't be carried is counted by what it is, never dropped in silence. Text goes through unchanged, both ways: prose
and fenced code become the blocks of blocks.md and are written as the text that they were.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vibes_trio.content.chat_text import messages_of

Format = Literal["vibes", "open-webui", "chatgpt"]
ROLES = ("system", "user", "assistant")
_FENCE = re.compile(r"```(\w*)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a chat: who says it (of ROLES), what, and when (Unix seconds; 0: not known)."""

    role: str
    text: str
    at: float = 0.0


@dataclass(slots=True)
class Chat:
    """A chat as every program has it. *left_out*: how many of what else it had."""

    title: str
    said: list[Said]
    left_out: Counter[str] = field(default_factory=Counter)


# -- blocks -----------------------------------------------------------------------------------------------


def blocks_of(said: Said, stream_id: str, timestamp: str, most: int) -> list[dict[str, Any]]:
    """Return the blocks that keep *said*; what would be more than *most* is one line."""
    if said.role != "assistant":
        request = {"model": "", "messages": [{"role": said.role, "content": said.text}]}
        return [{"type": "prompt.txt", "streamId": stream_id, "timestamp": timestamp, "request": request}]
    parts = _split(said.text)
    if _join(parts) != said.text:  # such as a fence that nobody closed
        parts = [("", None, said.text.split("\n"))]
    if sum(len(lines) + 2 for _, _, lines in parts) + 2 > most:
        parts = [("", None, [said.text])]
    return list(_answer(parts, stream_id, timestamp))


def texts_of(blocks: Sequence[Mapping[str, Any]], origin: str) -> Chat:
    """Return what the *blocks* of a section say; of what is no text, how many there are."""
    chat = Chat("", [])
    parts: list[tuple[str, str | None, list[str]]] = []
    for block in blocks:
        kind = str(block.get("type", ""))
        if kind in ("prompt.txt", "prompt.req"):
            chat.said += [
                Said(role if role in ROLES else "user", text) for role, text in messages_of(dict(block))
            ]
        elif kind in ("block.toplevel.begin", "block.code.begin"):
            parts.append((str(block.get("lang", "")), "code" if "code" in kind else None, []))
        elif kind in ("block.toplevel.line", "block.code.line"):
            if not parts:
                parts.append(("", None, []))
            parts[-1][2].append(str(block.get("line", "")))
        elif kind == "block.image":
            chat.left_out["images"] += 1
    if parts:
        chat.said.append(Said("assistant" if origin == "llm" else "user", _join(parts)))
    return chat


def _split(text: str) -> list[tuple[str, str | None, list[str]]]:
    """Return the parts of *text*: language, whether it is code, lines."""
    parts: list[tuple[str, str | None, list[str]]] = []
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if parts and parts[-1][1] == "code":
            if line == "```":
                parts.append(("", None, []))
            else:
                parts[-1][2].append(line)
        elif fence:
            parts.append((fence[1], "code", []))
        else:
            if not parts:
                parts.append(("", None, []))
            parts[-1][2].append(line)
    return [part for part in parts if part[2] or part[1]]


def _join(parts: Sequence[tuple[str, str | None, Sequence[str]]]) -> str:
    lines: list[str] = []
    for lang, kind, some in parts:
        lines += [f"```{lang}", *some, "```"] if kind else some
    return "\n".join(lines)


def _answer(
    parts: Sequence[tuple[str, str | None, Sequence[str]]], stream_id: str, timestamp: str
) -> Iterator[dict[str, Any]]:
    seq = 0
    stats = {name: {"lines": 0, "bytes": 0} for name in ("toplevel", "code", "image", "total")}

    def block(kind: str, number: int, **more: Any) -> dict[str, Any]:
        nonlocal seq
        seq += 1
        base = {
            "blockId": stream_id,
            "streamId": stream_id,
            "seq": seq - 1,
            "blockNr": number,
            "timestamp": timestamp,
        }
        return {"type": kind, **base, **more}

    yield block("block.begin", 0)
    for number, (lang, kind, lines) in enumerate(parts):
        name = "code" if kind else "toplevel"
        more = {"sectionId": f"{stream_id}.{number}"} | ({"lang": lang} if kind else {})
        yield block(f"block.{name}.begin", number, **more)
        for at, line in enumerate(lines):
            yield block(f"block.{name}.line", number, **more, lineNr=at, line=line)
        size = {"lines": len(lines), "bytes": sum(len(line.encode("utf-16-le")) // 2 for line in lines)}
        for counted in (stats[name], stats["total"]):
            counted["lines"] += size["lines"]
            counted["bytes"] += size["bytes"]
        yield block(f"block.{name}.end", number, **more, stats=size)
    yield block("block.end", max(len(parts) - 1, 0), stats=stats)


# -- Open WebUI -------------------------------------------------------------------------------------------


def read_open_webui(given: Mapping[str, Any]) -> Chat:
    """Return the chat of an element of an export of Open WebUI; of a branched one, the branch that is shown."""
    found = given.get("chat")
    inner: Mapping[str, Any] = found if isinstance(found, dict) else given
    title = _title_of(given) or _title_of(inner)
    given_history = inner.get("history")
    history: dict[str, Any] = given_history if isinstance(given_history, dict) else {}
    nodes = history.get("messages")
    if isinstance(nodes, dict) and nodes:
        path = _path_to(nodes, str(history.get("currentId")), "parentId")
        unseen = len(nodes) - len(path)
    else:
        listed = inner.get("messages")
        path = [node for node in listed if isinstance(node, dict)] if isinstance(listed, list) else []
        unseen = 0
    chat = Chat(title, [], Counter({"messages of other branches": unseen} if unseen else {}))
    for node in path:
        _add(chat, str(node.get("role", "")), node.get("content"), node.get("timestamp"))
        files = node.get("files")
        chat.left_out["attached files"] += len(files) if isinstance(files, list) else 0
    return _counted(chat)


def write_open_webui(chat: Chat, chat_id: str, created: float) -> dict[str, Any]:
    """Return *chat* as an element of such an export."""
    messages: dict[str, dict[str, Any]] = {}
    before: str | None = None
    for number, said in enumerate(chat.said):
        name = f"{chat_id}-{number}"
        messages[name] = {
            "id": name,
            "parentId": before,
            "childrenIds": [],
            "role": said.role,
            "content": said.text,
            "timestamp": int(said.at or created),
        }
        if before is not None:
            messages[before]["childrenIds"] = [name]
        before = name
    inner = {
        "id": "",
        "title": chat.title,
        "models": [],
        "history": {"messages": messages, "currentId": before},
        "messages": list(messages.values()),
        "timestamp": int(created * 1000),
    }
    times = {"created_at": int(created), "updated_at": int(chat.said[-1].at if chat.said else created)}
    return {"id": chat_id, "user_id": "", "title": chat.title, "chat": inner, **times, "archived": False}


# -- ChatGPT ----------------------------------------------------------------------------------------------


def read_chatgpt(given: Mapping[str, Any]) -> Chat:
    """Return the chat of an element of ChatGPT's `conversations.json`; of a branched one, the branch that is shown."""
    chat = Chat(_title_of(given), [])
    nodes = given.get("mapping")
    if not isinstance(nodes, dict):
        return chat
    path = _path_to(nodes, str(given.get("current_node")), "parent")
    unseen = sum(isinstance(node, dict) and bool(node.get("message")) for node in nodes.values())
    for node in path:
        message = node.get("message")
        if not isinstance(message, dict):
            continue
        unseen -= 1
        author, content = message.get("author"), message.get("content")
        role = str(author.get("role", "")) if isinstance(author, dict) else ""
        metadata = message.get("metadata")
        hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
        if hidden or not isinstance(content, dict):
            chat.left_out["hidden messages"] += 1
        elif content.get("content_type") not in ("text", "multimodal_text"):
            chat.left_out[f"messages of type {str(content.get('content_type'))[:40]}"] += 1
        else:
            _add(chat, role, content.get("parts"), message.get("create_time"))
    chat.left_out["messages of other branches"] += max(unseen, 0)
    return _counted(chat)


def write_chatgpt(chat: Chat, chat_id: str, created: float) -> dict[str, Any]:
    """Return *chat* as an element of such a file."""
    root = f"{chat_id}-root"
    mapping: dict[str, Any] = {root: {"id": root, "message": None, "parent": None, "children": []}}
    before = root
    for number, said in enumerate(chat.said):
        name = f"{chat_id}-{number}"
        message = {
            "id": name,
            "author": {"role": said.role, "name": None, "metadata": {}},
            "create_time": said.at or created,
            "content": {"content_type": "text", "parts": [said.text]},
            "status": "finished_successfully",
            "metadata": {},
        }
        mapping[name] = {"id": name, "message": message, "parent": before, "children": []}
        mapping[before]["children"].append(name)
        before = name
    times = {"create_time": created, "update_time": chat.said[-1].at if chat.said else created}
    return {
        "title": chat.title,
        **times,
        "mapping": mapping,
        "current_node": before,
        "conversation_id": chat_id,
    }


# -- both -------------------------------------------------------------------------------------------------


def _path_to(nodes: Mapping[str, Any], last: str, parent: str) -> list[Mapping[str, Any]]:
    """Return the nodes from the root to *last*, each once; without a last that is there, to the one that came last."""
    at = last if last in nodes else next(reversed([*nodes]), "")
    path: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while at in nodes and at not in seen and isinstance(nodes[at], dict):
        seen.add(at)
        path.append(nodes[at])
        at = str(nodes[at].get(parent))
    return path[::-1]


def _add(chat: Chat, role: str, content: object, at: object) -> None:
    """Add a message to *chat* if it can be carried."""
    texts: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif part is not None:
            chat.left_out["images and other parts"] += 1
    if role not in ROLES:
        chat.left_out[f"messages of {role[:40] or 'nobody'}"] += 1
    elif any(texts):
        chat.said.append(Said(role, "\n".join(texts), _seconds(at)))
    else:
        chat.left_out["empty messages"] += 1


def _title_of(given: Mapping[str, Any]) -> str:
    title = given.get("title")
    return title if isinstance(title, str) else ""


def _seconds(at: object) -> float:
    if not isinstance(at, int | float) or isinstance(at, bool):
        return 0.0
    try:
        return float(at)
    except OverflowError:  # JSON knows no largest number
        return 0.0


def _counted(chat: Chat) -> Chat:
    chat.left_out = +chat.left_out
    return chat
