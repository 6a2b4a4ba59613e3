import React, { useReducer, useEffect } from "react";

const W = 10, H = 18;
const SHAPES = {
  I: { color: "bg-cyan-400", cells: ["####"] },
  O: { color: "bg-yellow-300", cells: ["##", "##"] },
  T: { color: "bg-purple-400", cells: [" # ", "###"] },
  L: { color: "bg-orange-400", cells: ["  #", "###"] },
  S: { color: "bg-green-400", cells: [" ##", "## "] },
};
const ORDER = ["O", "I", "T", "L", "S"];

const emptyRow = () => Array(W).fill(null);
const cellsOf = ({ shape, x, y, turns }) => {
  let grid = SHAPES[shape].cells.map((row) => [...row]);
  for (let i = 0; i < turns; i++) grid = grid[0].map((_, c) => grid.map((row) => row[c]).reverse());
  const found = [];
  grid.forEach((row, r) => row.forEach((cell, c) => cell === "#" && found.push([x + c, y + r])));
  return found;
};

const fits = (board, piece) =>
  cellsOf(piece).every(([x, y]) => x >= 0 && x < W && y < H && (y < 0 || !board[y][x]));

const spawn = (count) => ({ shape: ORDER[count % ORDER.length], x: 4, y: 0, turns: 0 });

const start = () => ({ board: Array.from({ length: H }, emptyRow), piece: spawn(0), count: 0, lines: 0, over: false });

function land(state) {
  const board = state.board.map((row) => [...row]);
  for (const [x, y] of cellsOf(state.piece)) board[y][x] = state.piece.shape;
  const rest = board.filter((row) => row.some((cell) => !cell));
  const cleared = H - rest.length;
  const next = spawn(state.count + 1);
  const full = [...Array.from({ length: cleared }, emptyRow), ...rest];
  return { board: full, piece: next, count: state.count + 1, lines: state.lines + cleared, over: !fits(full, next) };
}

function reducer(state, { type }) {
  if (state.over) return type === "restart" ? start() : state;
  const { piece, board } = state;
  const attempt = (change) => {
    const moved = { ...piece, ...change };
    return fits(board, moved) ? { ...state, piece: moved } : state;
  };
  switch (type) {
    case "left": return attempt({ x: piece.x - 1 });
    case "right": return attempt({ x: piece.x + 1 });
    case "turn": return attempt({ turns: (piece.turns + 1) % 4 });
    case "drop": {
      let lowest = piece;
      while (fits(board, { ...lowest, y: lowest.y + 1 })) lowest = { ...lowest, y: lowest.y + 1 };
      return land({ ...state, piece: lowest });
    }
    case "tick": {
      const moved = attempt({ y: piece.y + 1 });
      return moved === state ? land(state) : moved;
    }
  }
  return state;
}

const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "turn", ArrowDown: "tick", " ": "drop", r: "restart" };

export default () => {
  const [state, dispatch] = useReducer(reducer, null, start);

  useEffect(() => {
    const id = setInterval(() => dispatch({ type: "tick" }), 800);
    const onKey = (e) => KEYS[e.key] && (e.preventDefault(), dispatch({ type: KEYS[e.key] }));
    document.addEventListener("keydown", onKey);
    return () => { clearInterval(id); document.removeEventListener("keydown", onKey); };
  }, []);

  const active = new Map(cellsOf(state.piece).map(([x, y]) => [`${x},${y}`, state.piece.shape]));
  return (
    <main className="flex gap-8 p-6 bg-slate-900 text-white min-h-screen justify-center">
      <div role="grid" className="grid gap-px bg-slate-700 p-1" style={{ gridTemplateColumns: `repeat(${W}, 1.5rem)`, display: "grid" }}>
        {state.board.flatMap((row, y) =>
          row.map((cell, x) => {
            const shape = active.get(`${x},${y}`) ?? cell;
            return <i key={`${x}/${y}`} data-shape={shape} className={`w-6 h-6 ${shape ? SHAPES[shape].color : "bg-slate-800"}`} />;
          })
        )}
      </div>
      <aside>
        <h1 className="text-2xl font-bold">Falling blocks</h1>
        <p id="lines">Lines: {state.lines}</p>
        <p id="pieces">Pieces: {state.count}</p>
        {state.over ? <p id="over">Game over, press R</p> : <p>← → move, ↑ turn, space drops</p>}
      </aside>
    </main>
  );
};
