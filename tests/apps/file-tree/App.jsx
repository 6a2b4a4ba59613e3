import { useState } from "react";
import Tree from "./Tree.jsx";
import { insert, count } from "./tree/operations.js";

const START = {
  name: "home",
  children: [
    { name: "music", children: [{ name: "blue.mp3" }, { name: "old", children: [{ name: "tape.wav" }] }] },
    { name: "letters", children: [{ name: "to-mum.txt" }] },
    { name: "todo.md" },
  ],
};

export default function FileTree() {
  const [root, setRoot] = useState(START);
  const [selected, setSelected] = useState("home");
  return (
    <div className="p-6 font-mono">
      <h1 className="text-lg mb-2">📁 Files</h1>
      <Tree node={root} path="home" selected={selected} onSelect={setSelected} />
      <p id="status">
        {selected}: {count(root, selected)} inside
      </p>
      <button onClick={() => setRoot(insert(root, selected, { name: `new-${count(root, "home")}.txt` }))}>New file here</button>
    </div>
  );
}
