import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";

// As apps made for a bundler do it: nothing is exported, the module mounts itself.
function Counter({ start = 0 }) {
  const [count, setCount] = useState(start);
  const [effects, setEffects] = useState(0);

  useEffect(() => {
    setEffects((n) => n + 1);
  }, []);

  return (
    <div className="p-8">
      <h1>Counter</h1>
      <button id="minus" onClick={() => setCount(count - 1)}>-</button>
      <span id="count" className="px-4">{count}</span>
      <button id="plus" onClick={() => flushSync(() => setCount((n) => n + 1))}>+</button>
      <p>{effects > 0 ? "effects ran" : "no effects"}</p>
      {count > 2 && <p id="many">That&rsquo;s a lot.</p>}
      {count === 0 && "zero"}
    </div>
  );
}

const container = document.getElementById("root") ?? document.body.appendChild(Object.assign(document.createElement("div"), { id: "root" }));

createRoot(container).render(
  <StrictMode>
    <Counter start={1} />
  </StrictMode>
);
