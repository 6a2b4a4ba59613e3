import io
import json
import struct
import subprocess
import sys

from vibes_trio.compilers.esprima_worker import serve


def frame(message: dict[str, str]) -> bytes:
    data = json.dumps(message).encode()
    return struct.pack("<I", len(data)) + data


def answers_to(*messages: dict[str, str]) -> list[dict[str, object]]:
    out = io.BytesIO()
    serve(io.BytesIO(b"".join(map(frame, messages))), out)
    data, answers = out.getvalue(), []
    while data:
        (length,) = struct.unpack_from("<I", data)
        answers.append(json.loads(data[4 : 4 + length]))
        data = data[4 + length :]
    return answers


def test_each_request_is_answered_until_the_pipe_ends() -> None:
    good = {"filename": "a.jsx", "lang": "js", "text": 'import "é"; export default 1;'}
    bad = {"filename": "b: c.jsx", "lang": "jsx", "text": "x = <p>;"}

    first, second, third = answers_to(good, bad, good)

    assert first == third
    assert first == {"code": good["text"], "imports": ["é"], "dynamic_imports": [], "has_default": True}
    failed = second["failed"]
    assert isinstance(failed, dict)
    assert (failed["filename"], failed["line"]) == ("b: c.jsx", 1)
    assert "b: c.jsx" not in failed["message"]


def test_worker_starts_without_trio() -> None:
    check = "import vibes_trio.compilers.esprima_worker, sys; sys.exit('trio' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", check], check=False)

    assert done.returncode == 0
