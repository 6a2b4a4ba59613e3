import { loud } from "./loud.js";
self.onmessage = ({ data }) => self.postMessage(loud(data));
