import { useRef, useState } from "react";

const START = ["Pack the tent", "Buy matches", "Fill the bottles", "Check the tyres", "Lock the door"];

/** Moves the item at `from` to `to`. */
const move = (list, from, to) => {
  const copy = [...list];
  copy.splice(to, 0, ...copy.splice(from, 1));
  return copy;
};

export default function SortByHand() {
  const [items, setItems] = useState(START);
  const [held, setHeld] = useState(null); // { index, offset }
  const list = useRef(null);

  const indexAt = (y) => {
    const boxes = Array.from(list.current.children, (child) => child.getBoundingClientRect());
    const found = boxes.findIndex((box) => y < box.top + box.height);
    return found < 0 ? items.length - 1 : found;
  };

  const onPointerDown = (index) => (event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setHeld({ index, startY: event.clientY, offset: 0 });
  };

  const onPointerMove = (event) => {
    if (!held) return;
    const to = indexAt(event.clientY);
    if (to !== held.index) {
      setItems(move(items, held.index, to));
      setHeld({ index: to, startY: event.clientY, offset: 0 });
    } else setHeld({ ...held, offset: event.clientY - held.startY });
  };

  const drop = () => setHeld(null);

  return (
    <div className="p-8 max-w-sm mx-auto">
      <h1 className="text-2xl font-semibold">Before we go</h1>
      <ol ref={list} style={{ padding: 0, userSelect: "none" }}>
        {items.map((text, index) => {
          const isHeld = held?.index === index;
          return (
            <li
              key={text}
              data-item={text}
              onPointerDown={onPointerDown(index)}
              onPointerMove={onPointerMove}
              onPointerUp={drop}
              onKeyDown={(event) => {
                const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
                if (!by || !event.altKey) return;
                event.preventDefault();
                setItems(move(items, index, Math.min(items.length - 1, Math.max(0, index + by))));
              }}
              tabIndex={0}
              style={{
                listStyle: "none",
                padding: "12px 16px",
                margin: "6px 0",
                borderRadius: 10,
                background: isHeld ? "#fef3c7" : "#f4f4f5",
                boxShadow: isHeld ? "0 6px 16px #0003" : "none",
                transform: isHeld ? `translateY(${held.offset}px) scale(1.02)` : undefined,
                touchAction: "none",
                cursor: isHeld ? "grabbing" : "grab",
              }}
            >
              <span aria-hidden>⠿</span> {text}
            </li>
          );
        })}
      </ol>
      <p id="order">{items.map((text) => text.split(" ").pop()).join(" › ")}</p>
    </div>
  );
}
