import { version } from "kit";
import { version as asked } from "tool@2";

export default function App() {
  return <p id="versions">{version} {asked}</p>;
}
