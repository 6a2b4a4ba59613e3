import { Suspense, lazy, useState } from "react";
import "./styles/all.css";
import sheet from "./styles/adopted.css" with { type: "css" };
import text from "./styles/inline.css?inline";
import card, { wide } from "./Card.module.css";

document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
const Late = lazy(() => import("./Late.jsx"));

export default function App() {
  const [late, setLate] = useState(false);
  return (
    <main>
      <style>{text}</style>
      <p id="imported">@import</p>
      <p id="adopted">a sheet</p>
      <p id="inline">a text</p>
      <div id="card" className={`${card.card} ${wide}`}>
        <b className={card["card-title"]} id="title">composed</b>
      </div>
      <p className="card" id="other">another card</p>
      <button onClick={() => setLate(true)}>late</button>
      <Suspense fallback="…">{late && <Late />}</Suspense>
    </main>
  );
}
