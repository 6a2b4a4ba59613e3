import { useEffect, useState } from "react";
import Counter from "./workers/count?worker";
import counterAddress from "./workers/count.ts?worker&url";

export default function App() {
  const [said, setSaid] = useState<string[]>([]);
  useEffect(() => {
    const workers: Worker[] = [
      new Worker(new URL("./workers/sum.ts", import.meta.url), { type: "module", name: "sum" }),
      new Worker(new URL("workers/sum.ts", import.meta.url)),
      new Counter(),
      new Worker(counterAddress, { type: "module" }),
      new Worker(new URL("./workers/old.js", import.meta.url)),
    ];
    for (const [number, worker] of workers.entries()) {
      worker.onmessage = ({ data }) => setSaid((before) => [...before, `${number}: ${data}`].sort());
      worker.onerror = (event) => setSaid((before) => [...before, `${number}: failed ${event.message}`]);
      worker.postMessage([1, 2, 3]);
    }
    return () => workers.forEach((worker) => worker.terminate());
  }, []);
  return <ul>{said.map((text) => <li key={text}>{text}</li>)}</ul>;
}
