"""Packages of every kind that bundlers take and that are hard to serve, for real: many entries of one package, styles
by a deep path, folders with their own manifest, peers that nobody declared, WebAssembly, pictures that code guesses,
and versions that the app, its React or its imports decide."""

import json
import os
from pathlib import Path

import pytest
from browser import launch_browser
from test_end_to_end import deploy, serving
from test_packages_in_browser import make_folder, wait_until_built

pytestmark = pytest.mark.browser

MANY_PARTS = """
import { useEffect, useRef, useState } from "react";
import { init, use } from "echarts/core";
import { LineChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { EventDispatcher, PerspectiveCamera } from "three";
import { Fill, Circle, Style } from "ol/style";
import CircleStyle from "ol/style/Circle";
import Button from "@mui/material/Button";
import { Stack } from "@mui/material";
import Alert from "react-bootstrap/Alert";
import Calendar from "react-datepicker";
import "react-datepicker/dist/react-datepicker.css";
import { MapContainer, Marker } from "react-leaflet";
import "leaflet/dist/leaflet.css";
import startSql from "sql.js";
import wasm from "sql.js/dist/sql-wasm.wasm?url";

use([LineChart, GridComponent, SVGRenderer]);
const controls = new OrbitControls(new PerspectiveCamera(), document.createElement("div"));
const circle = new Circle({ radius: 1 });
const shared = [controls instanceof EventDispatcher, circle instanceof CircleStyle, !!new Style(Fill)];

export default function App() {
  const chart = useRef(null);
  const [answer, setAnswer] = useState("");
  useEffect(() => {
    const line = init(chart.current, null, { renderer: "svg", width: 200, height: 90 });
    const series = [{ type: "line", data: [1, 2] }];
    line.setOption({ animation: false, xAxis: { data: ["a", "b"] }, yAxis: {}, series });
    startSql({ locateFile: () => wasm }).then(({ Database }) => {
      setAnswer(String(new Database().exec("select 6 * 7")[0].values[0][0]));
    });
  }, []);
  return (
    <Stack>
      <p id="answer">{answer}</p><p id="shared">{shared.join()}</p>
      <div id="chart" ref={chart} />
      <Button id="mui" variant="contained">press</Button>
      <Alert id="alert">boot</Alert>
      <Calendar inline selected={new Date(2024, 2, 1)} />
      <MapContainer center={[51, 0]} zoom={9} style={{ height: 120 }}><Marker position={[51, 0]} /></MapContainer>
    </Stack>
  );
}
"""
MANY_PARTS_NAMES = (
    *("echarts/core", "echarts/charts", "echarts/components", "echarts/renderers", "three"),
    *("three/addons/controls/OrbitControls.js", "ol/style", "ol/style/Circle", "@mui/material"),
    *("@mui/material/Button", "react-bootstrap/Alert", "react-datepicker", "react-leaflet"),
    *("react-datepicker/dist/react-datepicker.css", "leaflet/dist/leaflet.css", "sql.js"),
    "sql.js/dist/sql-wasm.wasm?url",
)

OF_BEFORE = """
import { version } from "react";
import { Camera, Github } from "lucide-react";
import { createColumnHelper, getCoreRowModel, useReactTable } from "@tanstack/react-table";

const columns = [createColumnHelper().accessor("name", {})];
const data = [{ name: "pear" }];

export default function App() {
  const table = useReactTable({ columns, data, getCoreRowModel: getCoreRowModel() });
  return <p id="told"><Github /><Camera /> {version} {table.getRowModel().rows[0].getValue("name")}</p>;
}
"""
OF_BEFORE_NAMES = ("lucide-react", "@tanstack/react-table")

GUESSES = """
import { useEffect, useState } from "react";
import { PGlite } from "@electric-sql/pglite";
import { Layer, Rect, Stage } from "react-konva";

export default function App() {
  const [answer, setAnswer] = useState("");
  useEffect(() => {
    new PGlite().query("select 40 + 2 as n").then(({ rows }) => setAnswer(`pg ${rows[0].n}`));
  }, []);
  return (
    <main>
      <p id="answer">{answer}</p>
      <Stage width={40} height={40}><Layer><Rect width={9} height={9} fill="red" /></Layer></Stage>
    </main>
  );
}
"""
GUESSES_NAMES = ("@electric-sql/pglite", "react-konva")


async def test_parts_of_packages_share_and_find_what_lies_beside_them(tmp_path):
    folder = await make_folder(tmp_path, MANY_PARTS)

    async with serving(tmp_path / "data", VIBES_MODULES="local") as running:
        address = deploy(running, folder, "--app", "parts", "--user", "ada")
        await wait_until_built(running.url, address, MANY_PARTS_NAMES)
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address)
            await page.wait_for("document.querySelector('#answer')?.textContent")
            await page.wait_for("document.querySelector('#chart path')")
            await page.wait_for("document.querySelector('img.leaflet-marker-icon')?.naturalWidth > 0")
            await page.screenshot(Path(os.environ.get("VIBES_TEST_PICTURE", tmp_path / "parts.png")))

            assert await page.evaluate("document.querySelector('#answer').textContent") == "42"
            assert await page.evaluate("document.querySelector('#shared').textContent") == "true,true,true"
            mui = "getComputedStyle(document.querySelector('#mui')).textTransform"
            assert await page.evaluate(mui) == "uppercase"
            day = "getComputedStyle(document.querySelector('.react-datepicker__day')).display"
            assert await page.evaluate(day) == "inline-block"
            assert (
                await page.evaluate("document.querySelector('#alert').className")
                == "fade alert alert-primary show"
            )
            assert page.console == []
            hosts = {url.split("/")[2].split(":")[0] for url in page.requests if url.startswith("http")}
            assert hosts == {"parts--ada.localhost"}


async def test_names_of_an_older_major_and_the_react_of_the_manifest(tmp_path):
    folder = await make_folder(tmp_path, OF_BEFORE)

    async with serving(tmp_path / "data", VIBES_MODULES="local") as running:
        address = deploy(running, folder, "--app", "before", "--user", "ada")
        (folder / "package.json").write_text(
            json.dumps({"dependencies": {"react": "^18", "lucide-react": "0.344.0"}})
        )
        older = deploy(running, folder, "--app", "older", "--user", "ada")
        await wait_until_built(running.url, address, OF_BEFORE_NAMES)
        await wait_until_built(running.url, older, OF_BEFORE_NAMES)
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address)
            await page.wait_for("document.querySelectorAll('#told svg').length === 2")
            text = await page.evaluate("document.querySelector('#told').textContent")
            manifest = await browser.open(older)
            await manifest.wait_for("document.querySelectorAll('#told svg').length === 2")

            assert text == " 19.2.1 pear"
            assert await manifest.evaluate("document.querySelector('#told').textContent") == " 18.3.1 pear"
            assert any("/~esm/lucide-react@0.344.0/" in url for url in manifest.requests)
            assert page.console == manifest.console == []


async def test_a_database_of_webassembly_and_a_package_that_follows_react(tmp_path):
    folder = await make_folder(tmp_path, GUESSES)

    async with serving(tmp_path / "data", VIBES_MODULES="local") as running:
        address = deploy(running, folder, "--app", "guesses", "--user", "ada")
        await wait_until_built(running.url, address, GUESSES_NAMES)
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address)
            await page.wait_for("document.querySelector('#answer')?.textContent")

            assert await page.evaluate("document.querySelector('#answer').textContent") == "pg 42"
            assert await page.evaluate("document.querySelectorAll('main canvas').length") == 1
            assert page.console == []
