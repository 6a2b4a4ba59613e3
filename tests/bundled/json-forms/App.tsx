import whole, { name, tags as labels } from "./data/town.json";
import * as all from "./data/town.json";
import plain, { name as again } from "./data/town.json" with { type: "json" };
import { list } from "./list.js";

export default function App() {
  return (
    <ul>
      <li id="whole">{whole.name}</li>
      <li id="named">{name} {labels.join("+")}</li>
      <li id="all">{Object.keys(all).sort().join()}</li>
      <li id="plain">{plain.tags.length} {again}</li>
      <li id="js">{list.length}</li>
    </ul>
  );
}
