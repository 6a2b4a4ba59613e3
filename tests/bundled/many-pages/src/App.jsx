import { Suspense, lazy, useState } from "react";

const atOnce = import.meta.glob("./pages/*.jsx", { eager: true });
const titles = import.meta.glob(["./pages/*.jsx", "!**/Two.jsx"], { eager: true, import: "title" });
const later = import.meta.glob("/src/notes/**/*.md", { query: "?raw", import: "default" });
const load = (name) => lazy(() => import(`./pages/${name}.jsx`));
const joined = (name) => import("./words/" + name + ".js");
const inFolder = (folder, name) => import(`./${folder}/${name}.js`);
const bare = (name) => import(`./words/${name}`);

const pages = { One: load("One"), Two: load("Two") };

export default function App() {
  const [page, setPage] = useState("One");
  const [note, setNote] = useState("");
  const Page = pages[page];
  const read = async () => setNote(await later["/src/notes/deep/second.md"]());
  const say = async () => setNote(`${(await joined("yes")).word} ${(await bare("no")).word} ${(await inFolder("words", "yes")).word}`);
  const miss = async () => setNote(await joined("maybe").catch((error) => error.message));
  return (
    <main>
      <p id="keys">{Object.keys(atOnce).join(" ")}</p>
      <p id="titles">{Object.values(titles).join(" ")}</p>
      <p id="later">{Object.keys(later).join(" ")}</p>
      <Suspense fallback="…">
        <Page />
      </Suspense>
      <button id="two" onClick={() => setPage("Two")}>two</button>
      <button id="read" onClick={read}>read</button>
      <button id="say" onClick={say}>say</button>
      <button id="miss" onClick={miss}>miss</button>
      <p id="note">{note}</p>
    </main>
  );
}
