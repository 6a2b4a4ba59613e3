import { fits } from "canvas-react";
import { Drag } from "drag";
import { panel } from "panels";
import { create } from "store";
import { draft } from "store/middleware/draft.js";
import { produce } from "draft";

const made = create(draft("a"));

export default function App() {
  return <Drag><p id="fits">{fits}</p><p id="panel">{panel()}</p><p id="draft">{made}, {produce("b")}</p></Drag>;
}
