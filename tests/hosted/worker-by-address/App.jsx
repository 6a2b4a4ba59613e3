import { useEffect, useState } from "react";

export default function App() {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const worker = new Worker(new URL("./count.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => setSaid(data);
    worker.postMessage([1, 2, 3]);
    return () => worker.terminate();
  }, []);
  return <p>{said}</p>;
}
