import { add } from "../lib/add";

self.onmessage = ({ data }) => {
  const inner = new Worker(new URL("./sum.ts", import.meta.url), { type: "module" });
  inner.onmessage = (event) => self.postMessage(`${add(data.length, 0)} numbers, ${event.data}`);
  inner.postMessage(data);
};
