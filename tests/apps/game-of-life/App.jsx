import { useEffect, useRef, useState, useReducer } from "react";

const COLS = 64, ROWS = 40, CELL = 10;

const PATTERNS = {
  glider: ["010", "001", "111"],
  blinker: ["111"],
  pulsar: ["0011100", "0000000", "1000010", "1000010", "1000010", "0000000", "0011100"],
};

const place = (name, x0 = 20, y0 = 15) => {
  const alive = new Set();
  outer: for (const [y, row] of PATTERNS[name].entries()) {
    for (const [x, cell] of [...row].entries()) {
      if (cell === " ") continue outer;
      if (cell === "1") alive.add((y0 + y) * COLS + x0 + x);
    }
  }
  return alive;
};

function evolve(alive) {
  const counts = new Map();
  for (const cell of alive) {
    const x = cell % COLS, y = (cell - x) / COLS;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if (!dx && !dy) continue;
        const at = ((y + dy + ROWS) % ROWS) * COLS + ((x + dx + COLS) % COLS);
        counts.set(at, (counts.get(at) | 0) + 1);
      }
    }
  }
  return new Set([...counts].filter(([cell, n]) => n === 3 || (n === 2 && alive.has(cell))).map(([cell]) => cell));
}

export default function Life() {
  const canvas = useRef();
  const [{ alive, generation }, dispatch] = useReducer(
    (state, action) => {
      if (action === "step") return { alive: evolve(state.alive), generation: state.generation + 1 };
      if (action.load) return { alive: place(action.load), generation: 0 };
      const next = new Set(state.alive);
      if (!next.delete(action.flip)) next.add(action.flip);
      return { ...state, alive: next };
    },
    undefined,
    () => ({ alive: place("glider"), generation: 0 }),
  );
  const [running, setRunning] = useState(false);

  useEffect(() => {
    const ctx = canvas.current.getContext("2d");
    ctx.fillStyle = "#0c0a09";
    ctx.fillRect(0, 0, COLS * CELL, ROWS * CELL);
    for (const cell of alive) {
      ctx.fillStyle = `hsl(${(cell * 7) % 360} 80% 60%)`;
      ctx.fillRect((cell % COLS) * CELL, Math.floor(cell / COLS) * CELL, CELL - 1, CELL - 1);
    }
  }, [alive]);

  useEffect(() => {
    if (!running) return;
    let frame, last = 0;
    const loop = (now) => {
      if (now - last > 50) { dispatch("step"); last = now; }
      frame = requestAnimationFrame(loop);
    };
    frame = requestAnimationFrame(loop);
    return () => cancelAnimationFrame(frame);
  }, [running]);

  const flip = ({ nativeEvent: { offsetX, offsetY } }) => dispatch({ flip: Math.floor(offsetY / CELL) * COLS + Math.floor(offsetX / CELL) });

  return (
    <div style={{ padding: 16, background: "#1c1917", color: "#fafaf9", minHeight: "100vh", fontFamily: "monospace" }}>
      <p>
        <button id="run" onClick={() => setRunning((r) => !r)}>{running ? "stop" : "run"}</button>{" "}
        <button id="step" onClick={() => dispatch("step")}>step</button>{" "}
        {Object.keys(PATTERNS).map((name) => <button key={name} data-pattern={name} onClick={() => dispatch({ load: name })}>{name}</button>)}
      </p>
      <canvas ref={canvas} width={COLS * CELL} height={ROWS * CELL} onClick={flip} />
      <p id="status">generation {generation}, {alive.size} alive</p>
    </div>
  );
}
