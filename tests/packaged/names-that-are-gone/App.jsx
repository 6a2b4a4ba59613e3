import { Github, Mail } from "marks";
import { rowModel, useRows } from "rows";

export default function App() {
  return <main><Github /><Mail /><p id="rows">{useRows()}, {rowModel()}</p></main>;
}
