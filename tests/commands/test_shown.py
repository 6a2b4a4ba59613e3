import json

import pytest

from vibes_trio.commands.shown import print_struct
from vibes_trio.wire.chat import ResEnsureChatContext


def test_an_answer_is_printed_with_the_names_of_the_wire(capsys: pytest.CaptureFixture[str]) -> None:
    print_struct(ResEnsureChatContext(context_id="c"))

    assert json.loads(capsys.readouterr().out)["contextId"] == "c"
