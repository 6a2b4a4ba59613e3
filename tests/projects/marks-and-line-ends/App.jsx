import data from "./data.json";
import { said } from "./lib";

export default function App() {
  return <p id="said">{said} {data.n} 😀</p>;
}
