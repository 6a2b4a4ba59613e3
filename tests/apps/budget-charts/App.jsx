import React, { useMemo, useState, memo } from "react";

const START = [
  { name: "Rent", amount: 850, color: "#6366f1" },
  { name: "Food", amount: 320, color: "#22c55e" },
  { name: "Transport", amount: 95, color: "#f59e0b" },
  { name: "Fun", amount: 140, color: "#ec4899" },
];

const polar = (radius, turn) => [radius * Math.cos(2 * Math.PI * (turn - 0.25)), radius * Math.sin(2 * Math.PI * (turn - 0.25))];

const Pie = memo(function Pie({ items, selected, onSelect }) {
  const total = items.reduce((sum, item) => sum + item.amount, 0);
  let turned = 0;
  return (
    <svg viewBox="-110 -110 220 220" width="280" height="280">
      {items.map((item) => {
        const share = item.amount / total;
        const [x1, y1] = polar(100, turned);
        const [x2, y2] = polar(100, (turned += share));
        const isSelected = item.name === selected;
        return (
          <path
            key={item.name}
            data-slice={item.name}
            d={`M0 0L${x1} ${y1}A100 100 0 ${share > 0.5 ? 1 : 0} 1 ${x2} ${y2}Z`}
            fill={item.color}
            stroke="white"
            strokeWidth={isSelected ? 0 : 2}
            opacity={selected && !isSelected ? 0.4 : 1}
            onClick={() => onSelect(isSelected ? null : item.name)}
          >
            <title>{`${item.name}: ${(share * 100).toFixed(1)} %`}</title>
          </path>
        );
      })}
      <circle r="50" fill="white" pointerEvents="none" />
      <text pointerEvents="none" textAnchor="middle" dominantBaseline="middle" fontWeight="bold" id="middle">{selected ?? `${total} €`}</text>
    </svg>
  );
});

const Bars = ({ items }) => {
  const most = Math.max(...items.map(({ amount }) => amount));
  return (
    <svg width="320" height={items.length * 34} fontSize="13">
      {items.map(({ name, amount, color }, i) => (
        <g key={name} transform={`translate(0 ${i * 34})`}>
          <rect x="80" y="4" height="24" rx="4" width={(amount / most) * 200} fill={color} data-bar={name} />
          <text x="74" y="21" textAnchor="end">{name}</text>
          <text x={86 + (amount / most) * 200} y="21">{amount}</text>
        </g>
      ))}
    </svg>
  );
};

export default function Budget() {
  const [items, setItems] = useState(START);
  const [selected, setSelected] = useState(null);
  const sorted = useMemo(() => items.toSorted((a, b) => b.amount - a.amount), [items]);

  return (
    <div className="p-6 grid gap-6" style={{ display: "grid", gridTemplateColumns: "300px 1fr" }}>
      <Pie items={items} selected={selected} onSelect={setSelected} />
      <div>
        <h1 className="text-2xl font-bold">Where the money goes</h1>
        <Bars items={sorted} />
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const { name, amount } = Object.fromEntries(new FormData(event.target));
            setItems([...items, { name, amount: +amount, color: `hsl(${items.length * 67} 60% 50%)` }]);
            event.target.reset();
          }}
        >
          <input name="name" placeholder="What" required /> <input name="amount" placeholder="€" pattern="\d+(\.\d+)?" required /> <button>Add</button>
        </form>
      </div>
    </div>
  );
}
