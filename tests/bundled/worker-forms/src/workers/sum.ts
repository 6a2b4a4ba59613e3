import { version } from "react";
import { add } from "../lib/add";

self.onmessage = ({ data }: MessageEvent<number[]>) => {
  self.postMessage(`${data.reduce(add, 0)} by ${typeof version}`);
};
