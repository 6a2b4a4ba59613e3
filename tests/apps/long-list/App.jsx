import { useCallback, useMemo, useRef, useState, memo } from "react";

const ROW = 36;
const HEIGHT = 400;
const SYLLABLES = ["ka", "lo", "mi", "ne", "ru", "sha", "to", "vi"];

const nameOf = (n) => {
  let name = "";
  for (let rest = n + 8; rest > 0; rest = Math.floor(rest / 8)) name = SYLLABLES[rest % 8] + name;
  return name[0].toUpperCase() + name.slice(1);
};

const ALL = Array.from({ length: 10_000 }, (_, i) => ({ id: i, name: nameOf(i) }));

const Row = memo(({ item, top, isPicked, onPick }) => (
  <div
    role="option"
    aria-selected={isPicked}
    onClick={() => onPick(item.id)}
    style={{ position: "absolute", top, height: ROW, left: 0, right: 0, padding: "6px 12px", boxSizing: "border-box", background: isPicked ? "#ddd6fe" : item.id % 2 ? "#fafafa" : "#fff" }}
  >
    <b>#{item.id}</b> {item.name}
  </div>
));
Row.displayName = "Row";

export default function LongList() {
  const [scroll, setScroll] = useState(0);
  const [query, setQuery] = useState("");
  const [picked, setPicked] = useState(null);
  const box = useRef(null);

  const items = useMemo(() => (query ? ALL.filter(({ name }) => name.toLowerCase().includes(query.toLowerCase())) : ALL), [query]);
  const first = Math.max(0, Math.floor(scroll / ROW) - 3);
  const last = Math.min(items.length, Math.ceil((scroll + HEIGHT) / ROW) + 3);
  const pick = useCallback((id) => setPicked(id), []);

  return (
    <div style={{ width: 360, margin: "24px auto", fontFamily: "system-ui" }}>
      <input
        placeholder="Filter 10,000 names"
        value={query}
        onChange={(e) => {
          setQuery(e.target.value);
          box.current.scrollTop = 0;
        }}
        style={{ width: "100%", boxSizing: "border-box", padding: 8 }}
      />
      <div ref={box} id="box" role="listbox" onScroll={(e) => setScroll(e.currentTarget.scrollTop)} style={{ height: HEIGHT, overflow: "auto", position: "relative", border: "1px solid #ccc" }}>
        <div style={{ height: items.length * ROW }}>
          {items.slice(first, last).map((item, i) => (
            <Row key={item.id} item={item} top={(first + i) * ROW} isPicked={picked === item.id} onPick={pick} />
          ))}
        </div>
      </div>
      <p id="status">{items.length.toLocaleString("en")} names{picked !== null && <>, picked <strong>{ALL[picked].name}</strong></>}</p>
    </div>
  );
}
