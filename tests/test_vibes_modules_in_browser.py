"""Apps that import what comes with the platform (`use-fireproof`, `call-ai`, `use-vibes`, images): in a real Chromium,
from this server alone, with a small model service on loopback, and without one.

The database comes from the package registry at the first deploy; without one these tests are skipped, and say so.
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from browser import Browser, Page, find_chromium, launch_browser
from fake_registry import require_esbuild
from model_service import model_service
from test_end_to_end import Running, deploy, serving
from test_packages_in_browser import require_registry, wait_until_built

from vibes_trio.content.vibes_modules import FROM_NPM, npm_packages

pytestmark = pytest.mark.browser

DATABASE = "/~esm/@fireproof/use-fireproof@0.24.19"

NOTES = """
import React from "react";
import { useFireproof, toCloud } from "use-fireproof";
import { useViewer, useVibe } from "use-vibes";

export default function App() {
  const { database, useLiveQuery, useDocument, access, attach, enableSync } = useFireproof("notes", {
    attach: toCloud(),
  });
  const { viewer, isOwner, ViewerTag } = useViewer();
  const { can, ready, me } = useVibe("notes");
  const { docs } = useLiveQuery("createdAt");
  const { doc, merge, submit } = useDocument({ text: "", createdAt: 1, author: me.userHandle });
  const attachFile = () => {
    const file = new File([PICTURE], "a.svg", { type: "image/svg+xml" });
    return database.put({ text: "picture", createdAt: 2, _files: { a: file } });
  };
  const edit = () => database.put({ ...docs.find((one) => one._files), text: "edited" });
  return (
    <main>
      <ViewerTag /> <p id="state">{`${attach.state} ${access.hasRole("any")} ${isOwner} ${viewer.userHandle}`}</p>
      {ready && can.create(doc).ok && (
        <form onSubmit={submit}>
          <input value={doc.text} onChange={(event) => merge({ text: event.target.value })} />
          <button>Save</button>
        </form>
      )}
      <button id="attach" onClick={attachFile}>Picture</button>
      <button id="edit" onClick={edit}>Edit</button>
      <button id="sync" onClick={() => enableSync()}>Sync</button>
      <ul>
        {docs.map(({ _id, text, _files }) => (
          <li key={_id}>{text}{_files?.a?.url && <img src={_files.a.url} alt="" />}</li>
        ))}
      </ul>
    </main>
  );
}
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20"/></svg>';
"""

UPLOADS = """
import React from "react";
import { useFireproof } from "use-fireproof";

export default function App() {
  const { useDocument, useLiveQuery, useAllDocs } = useFireproof("uploads");
  const { doc, merge, submit } = useDocument({ _files: {}, caption: "", type: "upload" });
  const { docs } = useLiveQuery("type", { key: "upload" });
  const { docs: all } = useAllDocs();
  const renders = React.useRef(0);
  renders.current += 1;
  window.renders = renders;
  const pick = () => {
    const text = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    merge({ caption: "a dot", _files: { photo: new File([text], "a.svg", { type: "image/svg+xml" }) } });
  };
  return (
    <form onSubmit={submit}>
      <button type="button" id="pick" onClick={pick}>Pick</button>
      <button id="save" disabled={!doc._files.photo}>Save</button>
      {docs.map((one) => one._files.photo.url && <img key={one._id} src={one._files.photo.url} alt={one.caption} />)}
      <p>{all.length} {all.filter((one) => one._files.photo.url).length}</p>
    </form>
  );
}
"""

ALIASES = """
import * as React from "react";
import * as fireproof from "use-fireproof";
import * as vibes from "use-vibes";
import * as base from "@vibes.diy/use-vibes-base";
import * as npm from "@fireproof/use-fireproof";
import { callAI, callAi, imageGen, CallAIError, getMeta } from "call-ai";
import { stylePrompts } from "@vibes.diy/prompts";
import { ImgGen } from "img-gen";
import ImgDefault, { ImgVibes } from "img-vibes";

const FACTS = {
  oneUseFireproof: fireproof.useFireproof === vibes.useFireproof && vibes.useFireproof === base.useFireproof,
  oneDatabase: fireproof.fireproof === npm.fireproof && vibes.ImgFile === npm.ImgFile,
  oneCallAi: callAI === vibes.callAI && callAI === callAi && base.callAi === callAI,
  oneImage: ImgGen === vibes.ImgGen && ImgVibes === vibes.ImgVibes && ImgDefault === ImgGen,
  prompts: stylePrompts.length > 0,
  functions: [imageGen, getMeta, CallAIError, vibes.useViewer].every((value) => typeof value === "function"),
};
export default () => <pre id="facts">{JSON.stringify(Object.values(FACTS))}</pre>;
"""

CALLS = """
import { useEffect, useState } from "react";
import { callAI, getMeta } from "call-ai";

const SCHEMA = { properties: { todos: { type: "array", items: { type: "string" } } } };

async function trial(call) {
  try { return await call(); } catch (error) { return `${error.name} ${error.status}: ${error.message}`; }
}

async function collect(stream) {
  const seen = [];
  for await (const text of stream) seen.push(text);
  return seen.join("|");
}

const TRIALS = [
  async () => callAI("hello"),
  async () => getMeta(await callAI("again")).model,
  async () => JSON.parse(await callAI("todos", { schema: SCHEMA })).todos.join(),
  async () => collect(await callAI("count", { stream: true })),
  async () => collect(callAI("count", { stream: true })),
  async () => callAI("hello", { model: "none" }),
  async () => callAI("hello", { model: "none", skipRetry: true }),
  async () => callAI("fail"),
  async () => collect(await callAI("fail", { stream: true })),
  async () => callAI([{ role: "user", content: "a talk" }], { temperature: 0.5, max_tokens: 9 }),
];

export default function App() {
  const [results, setResults] = useState(null);
  useEffect(() => {
    void (async () => {
      const all = [];
      for (const each of TRIALS) all.push(await trial(each));
      setResults(all);
    })();
  }, []);
  return <ol>{results?.map((text, index) => <li key={index}>{text}</li>)}</ol>;
}
"""

UNHANDLED = """
import { callAI } from "call-ai";
export default () => <button onClick={() => callAI("hello").then(console.log)}>Ask</button>;
"""

IMAGES = """
import { useState } from "react";
import { ImgGen } from "img-gen";
import { ImgVibes } from "img-vibes";
import { useFireproof } from "use-fireproof";

export default function App() {
  const { database, useLiveQuery } = useFireproof("gallery");
  const { docs } = useLiveQuery("type", { key: "image" });
  return (
    <main>
      <section id="made">
        <ImgGen prompt="A blue hill at dusk" className="pic" alt="a hill" style={{ width: 120 }} />
      </section>
      <section id="kept"><ImgVibes prompt="A red door" database={database} showControls={false} /></section>
      <p id="count">{docs.length} {docs[0]?.versions.length} {docs[0]?._files.v1.url ? "url" : ""}</p>
    </main>
  );
}
"""


TROUBLES = """
import { ImgGen } from "img-gen";
export default () => (
  <main>
    <section id="failed"><ImgGen prompt="fail" /></section>
    <section id="unknown"><ImgGen _id="nobody" /></section>
    <section id="form"><ImgGen className="form" /></section>
  </main>
);
"""

FORMER = """
import { useState } from "react";
import { ImgVibes, hashInput } from "img-vibes";
import { useFireproof } from "use-fireproof";

globalThis.hashInput = hashInput;
export default function App() {
  const { database } = useFireproof("ImgVibes");
  const [isThere, setIsThere] = useState(false);
  const keep = async () => {
    const file = new File([await (await fetch(PIXEL)).blob()], "v1.gif", { type: "image/gif" });
    const doc = { _id: FORMER_ID, type: "image", versions: [{ id: "v1" }], currentVersion: 0, _files: { v1: file } };
    await database.put({ ...doc, prompt: "an old picture" });
    setIsThere(true);
  };
  if (!isThere) return <button onClick={keep}>Keep</button>;
  return <ImgVibes prompt="an old picture" />;
}
const PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
"""

PORTRAITS = """
import { useState } from "react";
import { ImgVibes, useFireproof, useImgGen } from "use-vibes";

export default function App() {
  const { database, useLiveQuery } = useFireproof("portraits");
  const { docs } = useLiveQuery("type", { key: "portrait" });
  const [id, setId] = useState(null);
  const [file, setFile] = useState(null);
  const { document, loading } = useImgGen({ prompt: id ? "a frame" : undefined, model: "gold", skip: !id });
  const start = async () => {
    setFile(new File([await (await fetch(PIXEL)).blob()], "pet.gif", { type: "image/gif" }));
    setId((await database.put({ type: "portrait", prompt: "as a king", pet: "Rex" })).id);
  };
  const frame = document?._files[document.versions[document.currentVersion].id].url;
  return (
    <main>
      <button onClick={start}>Start</button>
      {id && file && <ImgVibes _id={id} database={database} images={[file]} showControls={false} className="king" />}
      {docs.map(({ _id }) => <ImgVibes key={_id} _id={_id} database={database} className="king" />)}
      <p>{docs.map(({ pet, prompt, versions }) => `${pet} ${prompt} ${versions?.length > 0}`).join()}</p>
      {!loading && frame && <img id="frame" src={frame} alt="" />}
    </main>
  );
}
const PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """One data folder for all, so that the database is built once."""
    return tmp_path_factory.mktemp("data")


@asynccontextmanager
async def server_with_browser(
    data_dir: Path, tmp_path: Path, **settings: str
) -> AsyncIterator[tuple[Running, Browser]]:
    find_chromium()
    require_esbuild()
    await require_registry(data_dir)
    async with (
        serving(data_dir, VIBES_MODULES="local", **settings) as running,
        launch_browser(tmp_path) as browser,
    ):
        yield running, browser


async def publish(running: Running, tmp_path: Path, name: str, source: str) -> str:
    """Deploy an app of one file; return its address once its page is the app."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "App.jsx").write_text(source)
    address = deploy(running, folder, "--app", name, "--user", "ada")
    names = ["react", *(package for package in FROM_NPM if is_needed(package, source))]
    await wait_until_built(running.url, address, names)
    return address


def is_needed(package: str, source: str) -> bool:
    imported = re.findall(r'from "([^"]+)"', source)
    return package in npm_packages(imported)


def hosts(page: Page) -> set[str]:
    return {url.split("/")[2] for url in page.requests if url.startswith("http")}


def host_of(address: str) -> str:
    return address.split("/")[2]


async def take_picture(page: Page, tmp_path: Path, name: str) -> None:
    await page.screenshot(Path(os.environ.get("VIBES_TEST_PICTURES", tmp_path)) / f"{name}.png")


async def test_documents_are_seen_at_once_and_survive_a_reload(data_dir, tmp_path):
    async with server_with_browser(data_dir, tmp_path) as (running, browser):
        address = await publish(running, tmp_path, "notes", NOTES)
        page = await browser.open(address)
        await page.wait_for("document.querySelector('form')")
        await page.click("input")
        await page.send("Input.insertText", text="first note")
        await page.click("form button")
        await page.wait_for("document.querySelector('li')?.textContent === 'first note'")
        await page.click("#attach")
        await page.wait_for("document.querySelector('li img')?.naturalWidth === 20")
        await page.click("#edit")
        await page.wait_for("document.querySelector('ul').textContent.includes('edited')")

        await page.goto(address)
        await page.wait_for("document.querySelector('li img')?.naturalWidth === 20")

        items = "[...document.querySelectorAll('li')].map((item) => item.textContent)"
        assert await page.evaluate(items) == ["first note", "edited"]
        assert await page.evaluate("document.querySelector('#state').textContent") == "error true true you"
        assert await page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))") == [
            "fp-keybag",
            "fp.notes",
        ]
        assert page.console == []
        assert hosts(page) == {host_of(address)}
        assert len({url for url in page.requests if "/~esm/react@" in url and "jsx" not in url}) == 1
        await take_picture(page, tmp_path, "notes")

        await page.click("#sync")
        await page.wait_for("document.querySelector('vibes-error-overlay')")
        assert "FPCLOUD_URL" in " ".join(page.console)
        assert hosts(page) == {host_of(address)}


async def test_files_of_documents_have_addresses_in_every_hook(data_dir, tmp_path):
    async with server_with_browser(data_dir, tmp_path) as (running, browser):
        address = await publish(running, tmp_path, "uploads", UPLOADS)
        page = await browser.open(address)
        await page.wait_for("document.querySelector('#pick')")
        await page.click("#pick")
        await page.wait_for("!document.querySelector('#save').disabled")
        await page.click("#save")
        await page.wait_for("document.querySelector('img')?.naturalWidth === 9")
        await page.wait_for("document.querySelector('p').textContent === '1 1'")

        await page.goto(address)
        await page.wait_for("document.querySelector('img')?.naturalWidth === 9")
        await page.wait_for("document.querySelector('p').textContent === '1 1'")

        assert await page.evaluate("renders.current") < 30, "a hook that never ends"
        assert page.console == []


async def test_sync_asks_the_cloud_that_is_set_up_and_nobody_else(data_dir, tmp_path):
    with model_service() as service:
        settings = {
            "FPCLOUD_URL": service.url.replace("http", "fpcloud"),
            "DASHBOARD_URL": f"{service.url}/token",
        }
        async with server_with_browser(data_dir, tmp_path, **settings) as (running, browser):
            address = await publish(running, tmp_path, "synced", NOTES)
            page = await browser.open(address)
            link = "document.querySelector('.fpOverlay a')?.href"
            sign_in = await page.wait_for(link)

            assert sign_in.startswith(f"{service.url}/token?back_url=")
            assert (
                await page.evaluate("document.querySelector('#state').textContent")
                == "attaching true true you"
            )
            assert hosts(page) <= {host_of(address), host_of(service.url)}


async def test_every_name_leads_to_the_same_modules(data_dir, tmp_path):
    async with server_with_browser(data_dir, tmp_path) as (running, browser):
        page = await browser.open(await publish(running, tmp_path, "aliases", ALIASES))
        await page.wait_for("document.querySelector('#facts')")

        facts = await page.evaluate("document.querySelector('#facts').textContent")

        assert facts == "[true,true,true,true,true,true]"
        assert page.console == []
        assert len({url for url in page.requests if DATABASE in url and "/~c/" not in url}) == 1


async def test_calls_reach_the_service_that_is_set_up(data_dir, tmp_path):
    with model_service() as service:
        settings = {
            "CALLAI_CHAT_URL": service.url,
            "CALLAI_API_KEY": "sesame",
            "CALLAI_CHAT_MODEL": "tiny",
        }
        async with server_with_browser(data_dir, tmp_path, **settings) as (running, browser):
            address = await publish(running, tmp_path, "calls", CALLS)
            page = await browser.open(address)
            await page.wait_for("document.querySelector('li')")

            results = await page.evaluate(
                "[...document.querySelectorAll('li')].map((item) => item.textContent)"
            )

            broken = "CallAIError 500: The model is out of order (Status: 500)"
            assert results == [
                "You said: hello",
                "tiny",
                "a,b",
                "One |One two |One two three",
                "One |One two |One two three",
                "You said: hello",
                "CallAIError 404: The model `none` does not exist (Status: 404)",
                broken,
                broken,
                "You said: a talk",
            ]
            assert hosts(page) == {host_of(address), host_of(service.url)}
    paths, headers, bodies = zip(*service.asked, strict=True)
    assert set(paths) == {"/v1/chat/completions"}
    assert {each["authorization"] for each in headers} == {"Bearer sesame"}
    assert [body["model"] for body in bodies].count("none") == 2
    schema = bodies[2]["response_format"]["json_schema"]["schema"]
    assert (schema["type"], schema["required"], schema["additionalProperties"]) == (
        "object",
        ["todos"],
        False,
    )
    assert (bodies[-1]["temperature"], bodies[-1]["max_tokens"]) == (0.5, 9)


async def test_a_call_without_a_service_says_what_is_missing_and_asks_nobody(data_dir, tmp_path):
    async with server_with_browser(data_dir, tmp_path) as (running, browser):
        address = await publish(running, tmp_path, "unhandled", UNHANDLED)
        page = await browser.open(address)
        await page.wait_for("document.querySelector('button')")
        await page.click("button")
        await page.wait_for("document.querySelector('vibes-error-overlay')")

        words = await page.evaluate("document.querySelector('vibes-error-overlay').shadowRoot.textContent")

        assert "No chat model service is set up on this server (CALLAI_CHAT_URL)." in words
        assert "App.jsx:3" in words
        assert hosts(page) == {host_of(address)}
        await take_picture(page, tmp_path, "no-chat-service")


async def test_images_are_made_once_and_kept(data_dir, tmp_path):
    with model_service() as service:
        settings = {"CALLAI_IMG_URL": service.url, "CALLAI_IMG_MODEL": "brush"}
        async with server_with_browser(data_dir, tmp_path, **settings) as (running, browser):
            address = await publish(running, tmp_path, "images", IMAGES)
            page = await browser.open(address)
            shown = "document.querySelectorAll('img').length === 2 && document.querySelector('#count').textContent"
            assert await page.wait_for(f"{shown} === '1 1 url' && {shown}") == "1 1 url"
            assert len(service.asked) == 2
            await page.click("#made button")
            await page.wait_for("document.querySelector('#made').textContent.includes('2 / 2')")

            await page.goto(address)
            await page.wait_for("document.querySelectorAll('img').length === 2")

            picture = (
                "(({ className, alt, style, naturalWidth }) => [className, alt, style.width, naturalWidth])"
            )
            assert await page.evaluate(f"{picture}(document.querySelector('#made img'))") == [
                "pic",
                "a hill",
                "120px",
                8,
            ]
            assert await page.evaluate("document.querySelectorAll('#kept button').length") == 0
            assert page.console == []
            assert hosts(page) == {host_of(address), host_of(service.url)}
            await take_picture(page, tmp_path, "images")
    assert [(path, body["model"]) for path, _, body in service.asked] == [
        ("/v1/images/generations", "brush")
    ] * 3


def fnv(bits: int, data: bytes) -> str:
    """Return the FNV-1a of *data* by its definition."""
    value, prime = {
        32: (0x811C9DC5, 0x01000193),
        128: (0x6C62272E07BB014262B821756295C58D, 0x0000000001000000000000000000013B),
    }[bits]
    for byte in data:
        value = (value ^ byte) * prime % 2**bits
    return f"{value:0{bits // 4}x}"


async def test_images_have_names_of_128_bits_and_those_with_a_former_name_are_found(data_dir, tmp_path):
    """With names of 32 bits two prompts of ten thousand get one image; without the former name it is made again."""
    made_from = b'["an old picture",{"inputs":[]}]'
    source = FORMER.replace("FORMER_ID", f'"img-{fnv(32, made_from)}-14"')
    with model_service() as service:
        async with server_with_browser(data_dir, tmp_path, CALLAI_IMG_URL=service.url) as (running, browser):
            page = await browser.open(await publish(running, tmp_path, "former", source))
            await page.click("button")
            await page.wait_for("document.querySelector('img')?.naturalWidth === 1")

            named = await page.evaluate('hashInput("über", { a: 1 })')

            assert page.console == []
    assert named == fnv(128, '["über",{"a":1}]'.encode())
    assert service.asked == []


async def test_an_image_says_what_went_wrong_and_asks_for_a_prompt_without_one(data_dir, tmp_path):
    with model_service() as service:
        async with server_with_browser(data_dir, tmp_path, CALLAI_IMG_URL=service.url) as (running, browser):
            page = await browser.open(await publish(running, tmp_path, "troubles", TROUBLES))
            await page.wait_for("document.querySelector('#failed')?.textContent.includes('No image')")
            await page.wait_for("document.querySelector('#unknown').textContent.includes('No image')")
            failed, unknown = await page.evaluate(
                "['#failed', '#unknown'].map((id) => document.querySelector(id).textContent)"
            )

            await page.click("#form input")
            await page.send("Input.insertText", text="a green field")
            await page.click("#form button")
            await page.wait_for("document.querySelector('#form img')?.alt === 'a green field'")

            await take_picture(page, tmp_path, "image-troubles")
            assert failed == "failNo image: The model is out of order (Status: 500)"
            assert unknown == "No image: There is no image nobody in ImgGen"


async def test_an_image_of_a_document_of_the_app_leaves_the_rest_of_it_alone(data_dir, tmp_path):
    with model_service() as service:
        async with server_with_browser(data_dir, tmp_path, CALLAI_IMG_URL=service.url) as (running, browser):
            page = await browser.open(await publish(running, tmp_path, "portraits", PORTRAITS))
            await page.wait_for("document.querySelector('button')")
            await page.click("button")
            await page.wait_for("document.querySelector('p').textContent === 'Rex as a king true'")
            await page.wait_for("document.querySelector('#frame')?.naturalWidth === 8")
            await page.wait_for("document.querySelectorAll('img.king').length === 2")

            assert page.console == []
    paths = [path for path, _, _ in service.asked]
    assert paths.count("/v1/images/edits") == 1, "the picture to start from is not lost to who has none"
    ((edit),) = [body for path, _, body in service.asked if path.endswith("edits")]
    assert b"as a king" in edit
    assert b"image/jpeg" in edit


async def test_an_image_without_a_service_shows_its_prompt_and_says_what_is_missing(data_dir, tmp_path):
    async with server_with_browser(data_dir, tmp_path) as (running, browser):
        address = await publish(running, tmp_path, "no-images", IMAGES)
        page = await browser.open(address)
        await page.wait_for(
            "document.querySelector('#made strong') && document.querySelector('#kept strong')"
        )

        words = await page.evaluate("document.querySelector('#made').textContent")

        assert words == "A blue hill at dusk" + "No image service is set up on this server (CALLAI_IMG_URL)."
        assert page.console == []
        assert hosts(page) == {host_of(address)}
        await take_picture(page, tmp_path, "no-image-service")
