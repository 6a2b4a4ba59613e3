import { useEffect, useState } from "react";

const EMOJI = ["🦊", "🐙", "🌵", "🍉", "⚓", "🎈"];

// A small seeded generator, so that everybody gets today's board.
function* randomNumbers(seed) {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function deal(seed) {
  const random = randomNumbers(seed);
  return [...EMOJI, ...EMOJI]
    .map((face, index) => ({ face, order: random.next().value, id: index }))
    .sort((a, b) => a.order - b.order);
}

function Card({ face, isOpen, isMatched, onFlip }) {
  return (
    <button
      className={`card ${isOpen ? "open" : ""} ${isMatched ? "matched" : ""}`}
      data-face={face}
      disabled={isOpen || isMatched}
      onClick={onFlip}
    >
      <span aria-hidden={!isOpen}>{isOpen || isMatched ? face : "❔"}</span>
    </button>
  );
}

function App() {
  const [cards] = useState(() => deal(20240229));
  const [open, setOpen] = useState([]);
  const [matched, setMatched] = useState(new Set());
  const [moves, setMoves] = useState(0);

  useEffect(() => {
    if (open.length < 2) return;
    const [a, b] = open.map((id) => cards.find((card) => card.id === id));
    setMoves((n) => n + 1);
    if (a.face === b.face) {
      setMatched((before) => new Set(before).add(a.face));
      setOpen([]);
      return;
    }
    const timer = setTimeout(() => setOpen([]), 300);
    return () => clearTimeout(timer);
  }, [open, cards]);

  const won = matched.size === EMOJI.length;
  return (
    <div className="table">
      <style>
        {`
          .table { display: grid; grid-template-columns: repeat(4, 90px); gap: 12px; justify-content: center; padding: 24px; background: #312e81; min-height: 100vh; align-content: start; }
          .table h1, .table p { grid-column: 1 / -1; color: #e0e7ff; font-family: system-ui; margin: 0; }
          .card { height: 90px; font-size: 40px; border: 0; border-radius: 14px; background: #6366f1; transition: transform .2s; }
          .card.open { transform: rotateY(180deg); background: white; }
          .card.matched { background: #a7f3d0; }
        `}
      </style>
      <h1>Memory</h1>
      {cards.map((card) => (
        <Card
          key={card.id}
          face={card.face}
          isOpen={open.includes(card.id)}
          isMatched={matched.has(card.face)}
          onFlip={() => open.length < 2 && setOpen([...open, card.id])}
        />
      ))}
      <p id="moves">
        {won ? `🏆 Solved in ${moves} moves!` : <>Moves: {moves}</>}
      </p>
    </div>
  );
}

export { App as default };
