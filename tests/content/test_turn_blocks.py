"""Turns as blocks: whole, in order, and nothing of a file lost."""

from vibes_trio.content.turn_blocks import LINES_PER_SECTION, FsRef, TextFile, TurnHead, write_turn

HEAD = TurnHead("p1", "c1", "2026-01-22T06:51:35.123Z")


def turn(*files, ref=None, words="Two files."):
    return list(write_turn(HEAD, {"type": "prompt.fs", "fileSystem": []}, words, files, ref))


def blocks(sections):
    return [block for section in sections for block in section]


def test_a_turn_begins_and_ends_as_clients_wait_for_it():
    sections = turn(TextFile("App.jsx", "jsx", "a\nb\n"), ref=FsRef("garden", "ada", "zFs"))
    kinds = [block["type"] for block in blocks(sections)]

    assert kinds[:3] == ["prompt.block-begin", "prompt.fs", "block.begin"]
    assert kinds[-2:] == ["block.end", "prompt.block-end"]
    assert [block["type"] for block in sections[0]] == ["prompt.block-begin"]


def test_every_block_names_its_turn_and_counts_on():
    made = blocks(turn(TextFile("a.js", "js", "1"), TextFile("b.js", "js", "2")))
    prompts = [block for block in made if block["type"].startswith("prompt.")]
    answer = [block for block in made if block["type"].startswith("block.")]

    assert {block["streamId"] for block in made} == {"p1"}
    assert {block["timestamp"] for block in made} == {HEAD.timestamp}
    assert [block["seq"] for block in prompts] == [0, 1, 2]
    assert {block["chatId"] for block in prompts} == {"c1"}
    assert [block["seq"] for block in answer] == list(range(len(answer)))


def test_the_lines_of_a_file_are_all_there_however_long_it_is():
    text = "\n".join(f"line {number}" for number in range(2 * LINES_PER_SECTION + 1))

    sections = turn(TextFile("long.txt", "txt", text + "\n"))

    code = [block for block in blocks(sections) if block["type"] == "block.code.line"]
    assert "\n".join(block["line"] for block in code) == text
    assert [block["lineNr"] for block in code] == list(range(2 * LINES_PER_SECTION + 1))
    assert max(map(len, sections)) <= LINES_PER_SECTION + 2
    kinds = [block["type"] for block in blocks(sections)]
    assert (kinds.count("block.code.begin"), kinds.count("block.code.end")) == (1, 1)


def test_an_empty_file_has_a_beginning_and_an_end():
    kinds = [block["type"] for block in blocks(turn(TextFile("a.txt", "txt", "")))]

    assert (kinds.count("block.code.begin"), kinds.count("block.code.end")) == (1, 1)


def test_what_was_counted_is_told_at_the_end():
    (end,) = [
        block
        for block in blocks(
            turn(TextFile("a.js", "js", "é\n2\n"), words="w", ref=FsRef("garden", "ada", "zFs"))
        )
        if block["type"] == "block.end"
    ]

    assert end["stats"]["code"] == {"lines": 2, "bytes": 5, "cnt": 1}
    assert end["stats"]["total"] == {"lines": 3, "bytes": 6}
    assert end["fsRef"] == {"appSlug": "garden", "ownerHandle": "ada", "mode": "dev", "fsId": "zFs"}
    assert end["usage"]["given"] == []


def test_a_turn_without_a_release_names_none():
    assert not any("fsRef" in block for block in blocks(turn()))
