const { useState, useMemo } = React;
const { BarChart, Bar } = Recharts;

function Bars() {
  const [rows] = useState([{ n: 3 }, { n: 5 }]);
  const sum = useMemo(() => rows.reduce((all, row) => all + row.n, 0), [rows]);
  return (
    <section>
      <BarChart width={300} height={150} data={rows}><Bar dataKey="n" isAnimationActive={false} /></BarChart>
      <p id="sum">{sum}</p>
    </section>
  );
}
