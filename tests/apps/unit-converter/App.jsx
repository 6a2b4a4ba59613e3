import { useMemo, useState, useId } from "react";

/**
 * Factors to the base unit of each kind.
 * Temperature needs functions, so it is handled apart.
 */
const KINDS = {
  Length: { base: "m", units: { mm: 1e-3, cm: 0.01, m: 1, km: 1_000, in: 0.0254, ft: 0.3048, mi: 1609.344 } },
  Weight: { base: "g", units: { g: 1, kg: 1e3, t: 1e6, oz: 28.349523125, lb: 453.59237 } },
  Temperature: {
    base: "°C",
    units: { "°C": [(x) => x, (x) => x], "°F": [(x) => ((x - 32) * 5) / 9, (x) => (x * 9) / 5 + 32], K: [(x) => x - 273.15, (x) => x + 273.15] },
  },
};

function convert(kind, value, from, to) {
  const { units } = KINDS[kind];
  const [f, t] = [units[from], units[to]];
  if (Array.isArray(f)) return t[1](f[0](value));
  return (value * f) / t;
}

function Select({ label, value, options, onChange }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <select id={id} data-label={label} value={value} onChange={(e) => onChange(e.target.value)}>
        {options.map((o) => (
          <option key={o}>{o}</option>
        ))}
      </select>
    </div>
  );
}

export default function Converter() {
  const [kind, setKind] = useState("Length");
  const [value, setValue] = useState(1);
  const units = Object.keys(KINDS[kind].units);
  const [[from, to], setPair] = useState(["km", "mi"]);

  const result = useMemo(() => {
    if (!(from in KINDS[kind].units && to in KINDS[kind].units)) return NaN;
    return convert(kind, value, from, to);
  }, [kind, value, from, to]);

  const pick = (next) => {
    setKind(next);
    const [a, b] = Object.keys(KINDS[next].units);
    setPair([a, b]);
  };

  return (
    <>
      <style>{`
        .box { max-width: 28rem; margin: 3rem auto; padding: 2rem; border-radius: 1rem; background: #eef2ff; font: 16px/1.5 system-ui; }
        .box > div { display: flex; justify-content: space-between; margin: .5rem 0 }
        .box strong::after { content: " ✔"; color: seagreen }
      `}</style>
      <div className="box">
        <h1>Unit converter</h1>
        <Select label="Kind" value={kind} options={Object.keys(KINDS)} onChange={pick} />
        <Select label="From" value={from} options={units} onChange={(u) => setPair([u, to])} />
        <Select label="To" value={to} options={units} onChange={(u) => setPair([from, u])} />
        <input type="number" value={value} onChange={({ target }) => setValue(target.valueAsNumber)} />
        <p>
          {value} {from} = <strong id="result">{Number.isNaN(result) ? "–" : +result.toPrecision(6)}</strong> {to}
        </p>
        <button onClick={() => setPair([to, from])}>⇄ Swap</button>
      </div>
    </>
  );
}
