"""Our `call-ai`, alone in a real Chromium: what it asks and of whom, and what it makes of any answer.

The module is loaded as it is; what it fetches is answered by its own option `mock.fetch`.
"""

import base64
import json
from typing import Any

import pytest
from browser import Page, launch_browser

from vibes_trio.content.static_modules import static_module

pytestmark = pytest.mark.browser

MODULE = "data:text/javascript;base64," + base64.b64encode(static_module("call-ai.js").content).decode()

# `tell(answers, call)`: run `call(api, mock)` with those answers, one a request; what came out, and what was asked.
PRELUDE = f"""
globalThis.tell = async (answers, call) => {{
  const api = await import({json.dumps(MODULE)});
  const asked = [];
  const mock = {{
    fetch: async (url, init) => {{
      const isText = typeof init.body === "string";
      const fields = () => Object.fromEntries([...init.body].map(([name, value]) => [name, value.name ?? value]));
      const body = isText ? JSON.parse(init.body) : fields();
      asked.push({{ url, key: init.headers.Authorization ?? null, body, isText }});
      const {{ status = 200, type = "application/json", text, fails }} = answers[asked.length - 1];
      if (fails) throw new TypeError(fails);
      return new Response(text, {{ status, headers: {{ "content-type": type }} }});
    }},
  }};
  let result;
  try {{ result = await call(api, mock); }} catch (error) {{
    result = {{ name: error.name, status: error.status, type: error.errorType ?? null, message: error.message }};
  }}
  return {{ result, asked }};
}};
globalThis.collect = async (stream) => {{
  const seen = [];
  for await (const text of stream) seen.push(text);
  return seen;
}};
"""
SAID = {"text": json.dumps({"choices": [{"message": {"content": "yes"}}]})}
CHAT = "https://models.test/v1"


@pytest.fixture
async def page(tmp_path):
    async with launch_browser(tmp_path) as browser:
        page = await browser.open("about:blank")
        await page.evaluate(PRELUDE)
        yield page


async def tell(page: Page, answers: list[dict[str, Any]], call: str, **env: str) -> dict[str, Any]:
    """Return `result` and `asked` of *call*, JavaScript of `api` and `mock`."""
    await page.evaluate(f"globalThis.VIBES_ENV = {json.dumps(env)}")
    told: dict[str, Any] = await page.evaluate(f"tell({json.dumps(answers)}, async (api, mock) => {call})")
    return told


def piece(text: str) -> str:
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n"


async def test_addresses_lead_to_the_endpoint_they_mean(page):
    cases = [
        ("https://models.test", "/api/v1/chat/completions"),
        ("https://models.test/", "/api/v1/chat/completions"),
        ("https://models.test/v1", "/v1/chat/completions"),
        ("https://models.test/v1/", "/v1/chat/completions"),
        ("https://models.test/v1/chat/completions", "/v1/chat/completions"),
        ("https://models.test/a/chat/completions?version=2", "/a/chat/completions?version=2"),
    ]
    for address, path in cases:
        told = await tell(page, [SAID], 'api.callAI("hi", { mock })', CALLAI_CHAT_URL=address)
        assert (told["result"], told["asked"][0]["url"]) == ("yes", f"https://models.test{path}")

    image = {"text": '{"data": [{"b64_json": "AA"}]}'}
    images = [
        ("https://models.test", "/api/openai-image/generate", "/api/openai-image/edit"),
        ("https://models.test/v1", "/v1/images/generations", "/v1/images/edits"),
        ("https://models.test/v1/images/generations", "/v1/images/generations", "/v1/images/edits"),
    ]
    for address, path, edit in images:
        made = await tell(page, [image], 'api.imageGen("hill", { mock })', CALLAI_IMG_URL=address)
        call = 'api.imageGen("hill", { mock, images: [new File(["x"], "x.png")] })'
        edited = await tell(page, [image], call, CALLAI_IMG_URL=address)

        assert made["asked"][0]["url"] == f"https://models.test{path}"
        assert made["asked"][0]["body"] == {"model": "gpt-image-1", "prompt": "hill", "size": "1024x1024"}
        assert edited["asked"][0]["url"] == f"https://models.test{edit}"
        assert not edited["asked"][0]["isText"]
        assert "x.png" in edited["asked"][0]["body"].values()


async def test_the_server_s_key_goes_to_the_server_s_service_alone(page):
    env = {"CALLAI_CHAT_URL": CHAT, "CALLAI_API_KEY": "sesame"}
    other = 'endpoint: "https://other.test/v1/chat/completions"'

    ours = await tell(page, [SAID], 'api.callAI("hi", { mock })', **env)
    theirs = await tell(page, [SAID], f'api.callAI("hi", {{ mock, {other} }})', **env)
    given = await tell(page, [SAID], f'api.callAI("hi", {{ mock, {other}, apiKey: "own" }})', **env)

    assert [told["asked"][0]["key"] for told in (ours, theirs, given)] == [
        "Bearer sesame",
        None,
        "Bearer own",
    ]
    assert theirs["asked"][0]["url"] == "https://other.test/v1/chat/completions"


async def test_without_a_service_nothing_is_asked(page):
    chat = await tell(page, [], 'api.callAI("hi", { mock })')
    stream = await tell(
        page, [], 'collect(await api.callAI("hi", { mock, stream: true }))', CALLAI_API_KEY="k"
    )
    image = await tell(page, [], 'api.imageGen("hi", { mock })', CALLAI_CHAT_URL=CHAT)

    for told, name in ((chat, "CALLAI_CHAT_URL"), (stream, "CALLAI_CHAT_URL"), (image, "CALLAI_IMG_URL")):
        assert told["asked"] == []
        assert told["result"]["type"] == "NotSetUp"
        assert f"is set up on this server ({name})" in told["result"]["message"]


async def test_a_stream_may_be_cut_anywhere(page):
    whole = (
        ": hello\r\n\r\n" + piece("Zürich ") + piece("— ok 👋") + "data: [DONE]\n\n" + piece("late")
    ).encode()
    cuts = [list(whole[i : i + 1]) for i in range(len(whole))]
    call = f"""{{
      const bytes = {json.dumps(cuts)}.map((part) => new Uint8Array(part));
      const body = () => new ReadableStream({{ start(c) {{ bytes.forEach((b) => c.enqueue(b)); c.close(); }} }});
      const fetch = async () => new Response(body(), {{ headers: {{ "content-type": "text/event-stream" }} }});
      return collect(api.callAI("hi", {{ stream: true, mock: {{ fetch }} }}));
    }}"""

    told = await tell(page, [], call, CALLAI_CHAT_URL=CHAT)

    assert told["result"] == ["Zürich ", "Zürich — ok 👋"]


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ({"type": "text/event-stream", "text": piece("a").rstrip()}, ["a"]),
        ({"type": "text/event-stream", "text": ""}, []),
        ({"text": json.dumps({"choices": [{"message": {"content": "all at once"}}]})}, ["all at once"]),
    ],
    ids=["no last line end", "nothing", "a service that does not stream"],
)
async def test_streams_of_other_services_are_read_too(page, answer, seen):
    told = await tell(
        page, [answer], 'collect(await api.callAI("x", { mock, stream: true }))', CALLAI_CHAT_URL=CHAT
    )

    assert told["result"] == seen


async def test_an_error_in_the_middle_of_a_stream_is_thrown(page):
    text = piece("a") + 'data: {"error": {"message": "out of breath", "code": 529}}\n\n'

    told = await tell(
        page,
        [{"type": "text/event-stream", "text": text}],
        'collect(await api.callAI("x", { mock, stream: true }))',
        CALLAI_CHAT_URL=CHAT,
    )

    assert told["result"] == {"name": "CallAIError", "status": 529, "type": None, "message": "out of breath"}


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"status": 401, "text": '{"error": {"message": "bad key"}}'}, 401, "bad key (Status: 401)"),
        ({"status": 500, "text": '{"error": "broken"}'}, 500, "broken (Status: 500)"),
        ({"status": 422, "text": '{"message": "odd"}'}, 422, "odd (Status: 422)"),
        (
            {"status": 502, "type": "text/html", "text": "<h1>Bad</h1>"},
            502,
            "<h1>Bad</h1> (Status: 502)",
        ),
        ({"text": '{"error": {"message": "no credit", "code": 402}}'}, 402, "no credit"),
        ({"text": '{"error": "gone"}'}, 500, "gone"),
        ({"fails": "Failed to fetch"}, 0, "https://models.test gave no answer: is it running"),
    ],
    ids=["refused", "words", "message", "a proxy's page", "error with 200", "words with 200", "no answer"],
)
async def test_a_failure_says_what_the_service_said(page, answer, status, words):
    told = await tell(page, [answer], 'api.callAI("hi", { mock })', CALLAI_CHAT_URL=CHAT)

    assert told["result"]["name"] == "CallAIError"
    assert told["result"]["status"] == status
    assert told["result"]["message"].startswith(words)


async def test_an_app_s_own_address_that_gives_no_answer_may_be_closed_to_pages(page):
    call = 'api.callAI("hi", { mock, endpoint: "https://other.test/v1/chat/completions" })'

    told = await tell(page, [{"fails": "Failed to fetch"}], call, CALLAI_CHAT_URL=CHAT)

    assert "VIBES_PAGE_HOSTS" in told["result"]["message"]


async def test_a_model_that_the_service_lacks_is_replaced_once(page):
    lacks = {"status": 400, "text": '{"error": {"message": "gpt-9 is not a valid model ID"}}'}
    env = {
        "CALLAI_CHAT_URL": CHAT,
        "CALLAI_IMG_URL": CHAT,
        "CALLAI_CHAT_MODEL": "tiny",
        "CALLAI_IMG_MODEL": "brush",
    }

    healed = await tell(page, [lacks, SAID], 'api.callAI("hi", { mock, model: "gpt-9" })', **env)
    failed = await tell(page, [lacks, lacks], 'api.callAI("hi", { mock, model: "gpt-9" })', **env)
    drawn = await tell(page, [lacks, SAID], 'api.imageGen("hi", { mock, model: "gpt-9" })', **env)

    assert (healed["result"], [each["body"]["model"] for each in healed["asked"]]) == (
        "yes",
        ["gpt-9", "tiny"],
    )
    assert (failed["result"]["status"], len(failed["asked"])) == (400, 2)
    assert [each["body"]["model"] for each in drawn["asked"]] == ["gpt-9", "brush"]


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('Here it is: {"a": {"b": 2}} — enjoy', '{"a": {"b": 2}}'),
        ("[1, 2]", "[1, 2]"),
        ("no JSON", "no JSON"),
        ([{"type": "text", "text": '{"a"'}, {"type": "text", "text": ": 1}"}], '{"a": 1}'),
    ],
    ids=["plain", "fenced", "amid words", "list", "none", "in parts"],
)
async def test_json_is_taken_out_of_what_models_write_around_it(page, content, result):
    answer = {"text": json.dumps({"choices": [{"message": {"content": content}}]})}

    told = await tell(
        page, [answer], 'api.callAI("x", { mock, schema: { properties: {} } })', CALLAI_CHAT_URL=CHAT
    )

    assert told["result"] == result


async def test_a_tool_call_counts_as_the_answer(page):
    calls = [{"function": {"name": "result", "arguments": '{"a": 1}'}}]
    answer = {"text": json.dumps({"choices": [{"message": {"content": None, "tool_calls": calls}}]})}

    told = await tell(page, [answer], 'api.callAI("x", { mock })', CALLAI_CHAT_URL=CHAT)

    assert told["result"] == '{"a": 1}'


async def test_schemas_are_made_strict_all_the_way_down_and_told_in_words(page):
    schema = {
        "name": "list",
        "properties": {
            "items": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number"}}}}
        },
    }
    call = f'api.callAI("x", {{ mock, schema: {json.dumps(schema)}, top_p: 0.5, maxTokens: 7 }})'

    told = await tell(page, [SAID], call, CALLAI_CHAT_URL=CHAT)

    body = told["asked"][0]["body"]
    made = body["response_format"]["json_schema"]
    assert (made["name"], made["strict"], made["schema"]["required"]) == ("list", True, ["items"])
    assert made["schema"]["properties"]["items"]["items"] == {
        "type": "object",
        "properties": {"n": {"type": "number"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert (body["top_p"], body["max_tokens"], body["stream"]) == (0.5, 7, False)
    assert not {"schema", "mock", "maxTokens", "name"} & body.keys()


async def test_what_is_known_of_an_answer_is_kept_for_a_while(page):
    call = """{
      const fetch = async (url, init) => {
        const { content } = JSON.parse(init.body).messages[0];
        return Response.json({ model: "tiny", choices: [{ message: { content } }] });
      };
      for (let n = 0; n <= 100; n += 1) await api.callAI(`answer ${n}`, { mock: { fetch } });
      const { model, timing } = api.getMeta("answer 100");
      return [model, timing.duration >= 0, api.getMeta("answer 0") ?? null, api.getMeta("answer 1") !== undefined];
    }"""

    told = await tell(page, [], call, CALLAI_CHAT_URL=CHAT)

    assert told["result"] == ["tiny", True, None, True]
