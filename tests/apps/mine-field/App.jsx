import { useState } from "react";

const SIZE = 9;
const MINES = [3, 11, 17, 24, 38, 52, 60, 66, 71, 77];

const neighbours = (index) => {
  const [row, column] = [Math.floor(index / SIZE), index % SIZE];
  const found = [];
  for (let r = row - 1; r <= row + 1; r++)
    for (let c = column - 1; c <= column + 1; c++)
      if ((r !== row || c !== column) && r >= 0 && c >= 0 && r < SIZE && c < SIZE) found.push(r * SIZE + c);
  return found;
};

const isMine = (index) => MINES.includes(index);
const countAround = (index) => neighbours(index).filter(isMine).length;

function openFrom(index, open) {
  if (open.has(index)) return;
  open.add(index);
  if (countAround(index) === 0) neighbours(index).forEach((n) => openFrom(n, open));
}

const COLORS = ["", "text-blue-600", "text-green-700", "text-red-600", "text-purple-800"];

export default function MineField() {
  const [open, setOpen] = useState(() => new Set());
  const [flags, setFlags] = useState(() => new Set());
  const [lost, setLost] = useState(false);
  const won = !lost && open.size === SIZE * SIZE - MINES.length;

  function handleClick(index) {
    if (lost || won || flags.has(index)) return;
    if (isMine(index)) return void setLost(true);
    const next = new Set(open);
    openFrom(index, next);
    setOpen(next);
  }

  function handleContextMenu(event, index) {
    event.preventDefault();
    setFlags((before) => {
      const after = new Set(before);
      after.delete(index) || after.add(index);
      return after;
    });
  }

  return (
    <div className="p-6 inline-block font-mono select-none">
      <div className="flex justify-between mb-2">
        <span id="flags">🚩 {flags.size}/{MINES.length}</span>
        <span id="face" className="text-2xl">{lost ? "😵" : won ? "😎" : "🙂"}</span>
      </div>
      <table>
        <tbody>
          {[...Array(SIZE).keys()].map((row) => (
            <tr key={row}>
              {[...Array(SIZE).keys()].map((column) => {
                const index = row * SIZE + column;
                const shown = open.has(index);
                const n = countAround(index);
                return (
                  <td
                    key={column}
                    data-cell={index}
                    data-open={shown || undefined}
                    onClick={() => handleClick(index)}
                    onContextMenu={(e) => handleContextMenu(e, index)}
                    style={{ width: 32, height: 32, textAlign: "center", border: "1px solid #999", background: shown ? "#eee" : "#bbb" }}
                    className={shown ? COLORS[n] : ""}
                  >
                    {lost && isMine(index) ? "💣" : shown ? n || null : flags.has(index) && "🚩"}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {(lost || won) && <button onClick={() => { setOpen(new Set()); setFlags(new Set()); setLost(false); }}>Play again</button>}
    </div>
  );
}
