export const ask = (text) =>
  new Promise((done) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => done(data);
    worker.postMessage(text);
  });
