import { useEffect, useState } from "react";
import { open } from "scribe-react";
import "./look.css";

const version = "2.1.0";

function useOnce(begin) {
  const [value, setValue] = useState("");
  useEffect(() => begin(setValue), []);
  return value;
}

function Element() {
  const found = useOnce((done) => {
    const script = Object.assign(document.createElement("script"), { src: "//unpkg.com/sums@2.1.0" });
    script.onload = () => done(globalThis.sums.version);
    document.head.append(script);
  });
  return <p id="element">{found}</p>;
}

function answerOf(worker, done) {
  worker.onmessage = ({ data }) => done(data);
  worker.onerror = (event) => done(event.message);
}

export default function App() {
  const blob = `importScripts('https://unpkg.com/sums@2.1.0/dist/sums.js'); postMessage(sums.add(3, 4));`;
  const late = `await import("https://unpkg.com/sums@${version}/dist/sums.js"); postMessage(self.sums.add(4, 5));`;
  return (
    <main>
      <p id="editor">{useOnce(open)}</p>
      <Element />
      <p id="worker">{useOnce((done) => answerOf(new Worker("/add.js"), done))}</p>
      <p id="blob">{useOnce((done) => answerOf(new Worker(URL.createObjectURL(new Blob([blob]))), done))}</p>
      <p id="late">
        {useOnce((done) => {
          const text = new Blob([late], { type: "text/javascript" });
          answerOf(new Worker(URL.createObjectURL(text), { type: "module" }), done);
        })}
      </p>
      <p id="request">
        {useOnce((done) => {
          fetch(new Request(`https://cdn.jsdelivr.net/npm/sums@${version}/package.json`))
            .then((answer) => answer.json())
            .then(({ name }) => done(name));
        })}
      </p>
    </main>
  );
}
