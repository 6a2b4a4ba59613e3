import React, { useMemo, useState } from "react";
import { Area, AreaChart, Bar, BarChart, CartesianGrid, Cell, Legend, Line, LineChart, Pie, PieChart, Tooltip, XAxis, YAxis } from "recharts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"];
const DATA = MONTHS.map((month, i) => ({ month, honey: 40 + ((i * 37) % 25), candles: 20 + ((i * 53) % 30), visitors: 100 + i * 35 }));
const COLORS = ["#f59e0b", "#8b5cf6"];

const CHARTS = {
  bars: () => (
    <BarChart width={560} height={280} data={DATA}>
      <CartesianGrid strokeDasharray="3 3" />
      <XAxis dataKey="month" />
      <YAxis />
      <Tooltip />
      <Legend />
      <Bar dataKey="honey" fill={COLORS[0]} isAnimationActive={false} />
      <Bar dataKey="candles" fill={COLORS[1]} isAnimationActive={false} />
    </BarChart>
  ),
  lines: () => (
    <LineChart width={560} height={280} data={DATA}>
      <XAxis dataKey="month" />
      <YAxis />
      <Line type="monotone" dataKey="honey" stroke={COLORS[0]} isAnimationActive={false} />
      <Line type="monotone" dataKey="candles" stroke={COLORS[1]} isAnimationActive={false} />
    </LineChart>
  ),
  area: () => (
    <AreaChart width={560} height={280} data={DATA}>
      <XAxis dataKey="month" />
      <Area dataKey="visitors" fill="#38bdf8" stroke="#0284c7" isAnimationActive={false} />
    </AreaChart>
  ),
  pie: () => {
    const sums = ["honey", "candles"].map((name) => ({ name, value: DATA.reduce((n, row) => n + row[name], 0) }));
    return (
      <PieChart width={560} height={280}>
        <Pie data={sums} dataKey="value" nameKey="name" outerRadius={100} isAnimationActive={false} label>
          {sums.map(({ name }, i) => <Cell key={name} fill={COLORS[i]} />)}
        </Pie>
      </PieChart>
    );
  },
};

export default function SalesDashboard() {
  const [kind, setKind] = useState("bars");
  const best = useMemo(() => DATA.reduce((a, b) => (b.honey > a.honey ? b : a)), []);
  return (
    <div className="p-6 bg-white">
      <h1 className="text-xl font-bold">The bee-keeper&apos;s half-year</h1>
      <div className="flex gap-2 my-3">{Object.keys(CHARTS).map((k) => <button key={k} data-kind={k} onClick={() => setKind(k)}>{k}</button>)}</div>
      {CHARTS[kind]()}
      <p id="best">Most honey: {best.month}, {best.honey} jars</p>
    </div>
  );
}
