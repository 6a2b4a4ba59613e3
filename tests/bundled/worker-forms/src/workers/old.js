importScripts("./part.js");

self.onmessage = ({ data }) => self.postMessage(`${self.part(data)} the old way`);
