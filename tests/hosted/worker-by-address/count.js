import sum from "https://esm.sh/lodash@4.17.21/sum?target=es2022";

self.onmessage = ({ data }) => self.postMessage(`sum ${sum(data)}`);
