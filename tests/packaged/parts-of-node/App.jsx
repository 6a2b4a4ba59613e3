import { useEffect, useState } from "react";
import { by } from "client";
import { open } from "database";
import { hash } from "hash";

export default function App() {
  const [opened, set] = useState("");
  useEffect(() => void open().then(set), []);
  return <main><p id="opened">{opened}</p><p id="hash">{hash("four")}</p><p id="by">{by}</p></main>;
}
