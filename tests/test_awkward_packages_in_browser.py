"""Packages whose names and shared state are hard to get right, for real: CommonJS whose names no pattern of
Node's finds, names that come by stars, parts that must share their main module, files for browsers alone."""

import pytest
from browser import launch_browser
from test_end_to_end import deploy, serving
from test_packages_in_browser import make_folder, wait_until_built

pytestmark = pytest.mark.browser

APP = """
import { useEffect, useState } from "react";
import _, { chunk } from "lodash";
import moment from "moment";
import "moment/locale/fr";
import { create } from "zustand";
import { proxy } from "valtio";
import "chart.js/auto";
import { Bar } from "react-chartjs-2";
import { Map } from "leaflet";
import { MapContainer } from "react-leaflet";
import "leaflet/dist/leaflet.css";
import styled from "styled-components";
import { Swiper, SwiperSlide } from "swiper/react";
import { parse } from "papaparse";
import { Engine } from "matter-js";
import { useTable } from "react-table";
import JSZip, { loadAsync } from "jszip";

moment.locale("fr");
const useCount = create(() => ({ count: chunk([1, 2, 3, 4, 5], 2).length }));
const Title = styled.h1`color: rgb(1, 2, 3);`;
const kinds = [_.chunk === chunk, proxy, Map, parse, Engine.create, useTable, loadAsync].map((x) => typeof x);

export default function App() {
  const [isShown, show] = useState(false);
  useEffect(() => show(true), []);
  return (
    <main>
      <Title>{moment("2020-01-02").format("MMMM")} {useCount((state) => state.count)}</Title>
      <p id="kinds">{kinds.join()}</p>
      <Bar data={{ labels: ["a"], datasets: [{ data: [1] }] }} />
      <MapContainer center={[0, 0]} zoom={1} style={{ height: 100 }} />
      <Swiper><SwiperSlide>slide</SwiperSlide></Swiper>
      {isShown && <p id="shown">{typeof JSZip}</p>}
    </main>
  );
}
"""
NAMES = (
    *(
        "lodash",
        "moment",
        "moment/locale/fr",
        "zustand",
        "valtio",
        "chart.js/auto",
        "react-chartjs-2",
        "leaflet",
    ),
    *(
        "react-leaflet",
        "leaflet/dist/leaflet.css",
        "styled-components",
        "swiper/react",
        "papaparse",
        "matter-js",
    ),
    *("react-table", "jszip"),
)


async def test_awkward_packages_work_from_this_server(tmp_path):
    folder = await make_folder(tmp_path, APP)

    async with serving(tmp_path / "data", VIBES_MODULES="local") as running:
        address = deploy(running, folder, "--app", "awkward", "--user", "ada")
        await wait_until_built(running.url, address, NAMES)
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address)
            await page.wait_for("document.querySelector('#shown') && document.querySelector('main canvas')")
            colour = await page.evaluate("getComputedStyle(document.querySelector('h1')).color")
            position = "getComputedStyle(document.querySelector('.leaflet-container')).position"

            assert await page.evaluate("document.querySelector('h1').textContent") == "janvier 3"
            assert await page.evaluate("document.querySelector('#kinds').textContent") == ",".join(
                ["boolean", *["function"] * 6]
            )
            assert await page.evaluate("document.querySelector('#shown').textContent") == "function"
            assert (colour, await page.evaluate(position)) == ("rgb(1, 2, 3)", "relative")
            assert page.console == []
            assert {url.split("/")[2].split(":")[0] for url in page.requests if url.startswith("http")} == {
                "awkward--ada.localhost"
            }
