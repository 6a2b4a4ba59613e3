import { useId, useMemo, useRef, useState } from "react";

const DATA = [12, 19, 8, 15, 22, 30, 27, 18, 25, 33, 29, 40].map((value, month) => ({
  value,
  label: new Date(2024, month).toLocaleString("en", { month: "short" }),
}));

function useScale(domain, range) {
  return useMemo(() => {
    const [d0, d1] = domain, [r0, r1] = range;
    return (n) => r0 + ((n - d0) / (d1 - d0)) * (r1 - r0);
  }, [...domain, ...range]);
}

function smooth(points) {
  return points.reduce((path, [x, y], i) => {
    if (i === 0) return `M${x},${y}`;
    const [px, py] = points[i - 1];
    const mid = (px + x) / 2;
    return `${path} C${mid},${py} ${mid},${y} ${x},${y}`;
  }, "");
}

function Chart({ data, width = 640, height = 300, margin: { top, right, bottom, left } = { top: 20, right: 20, bottom: 30, left: 40 } }) {
  const gradient = useId();
  const svg = useRef(null);
  const [hover, setHover] = useState(null);
  const x = useScale([0, data.length - 1], [left, width - right]);
  const y = useScale([0, 45], [height - bottom, top]);
  const points = data.map((d, i) => [x(i), y(d.value)]);

  const handleMove = (event) => {
    const box = svg.current.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * width;
    const nearest = points.reduce((best, [px], i) => (Math.abs(px - at) < Math.abs(points[best][0] - at) ? i : best), 0);
    setHover(nearest);
  };

  return (
    <svg ref={svg} viewBox={`0 0 ${width} ${height}`} width={width} onMouseMove={handleMove} onMouseLeave={() => setHover(null)}>
      <defs>
        <linearGradient id={gradient} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0%" stopColor="#0ea5e9" stopOpacity="0.5" />
          <stop offset="100%" stopColor="#0ea5e9" stopOpacity="0" />
        </linearGradient>
      </defs>
      {[0, 10, 20, 30, 40].map((tick) => (
        <g key={tick} className="tick">
          <line x1={left} x2={width - right} y1={y(tick)} y2={y(tick)} stroke="#e2e8f0" />
          <text x={left - 8} y={y(tick) + 4} textAnchor="end" fontSize="12">{tick}</text>
        </g>
      ))}
      {data.map(({ label }, i) => <text key={label} x={x(i)} y={height - 8} textAnchor="middle" fontSize="12">{label}</text>)}
      <path d={`${smooth(points)} L${x(data.length - 1)},${y(0)} L${x(0)},${y(0)} Z`} fill={`url(#${gradient})`} />
      <path id="line" d={smooth(points)} fill="none" stroke="#0284c7" strokeWidth="3" />
      {hover !== null && (
        <g id="tip" transform={`translate(${points[hover].join(" ")})`} pointerEvents="none">
          <circle r="5" fill="#0284c7" />
          <text y="-12" textAnchor="middle" fontWeight="600">{data[hover].label}: {data[hover].value} °C</text>
        </g>
      )}
    </svg>
  );
}

export default function App() {
  const [cumulative, setCumulative] = useState(false);
  const data = cumulative ? DATA.map((d, i, all) => ({ ...d, value: all.slice(0, i + 1).reduce((s, { value }) => s + value, 0) / (i + 1) })) : DATA;
  return (
    <div className="p-6">
      <h1 className="text-xl font-semibold">Greenhouse, 2024</h1>
      <label><input type="checkbox" checked={cumulative} onChange={(e) => setCumulative(e.target.checked)} /> running mean</label>
      <div><Chart data={data} /></div>
    </div>
  );
}
