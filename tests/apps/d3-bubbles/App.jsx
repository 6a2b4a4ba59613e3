import { useEffect, useRef, useState } from "react";
import * as d3 from "d3";

const DATA = { name: "fruit", children: [
  { name: "apples", value: 40 }, { name: "pears", value: 24 }, { name: "plums", value: 31 },
  { name: "figs", value: 8 }, { name: "quinces", value: 5 }, { name: "cherries", value: 52 },
] };

export default function Bubbles() {
  const ref = useRef(null);
  const [picked, setPicked] = useState(null);
  const [sorted, setSorted] = useState(true);

  useEffect(() => {
    const svg = d3.select(ref.current);
    svg.selectAll("*").remove();
    const root = d3.hierarchy(DATA).sum((d) => d.value);
    if (sorted) root.sort((a, b) => b.value - a.value);
    d3.pack().size([420, 420]).padding(4)(root);
    const color = d3.scaleOrdinal(d3.schemeTableau10);
    const node = svg.selectAll("g").data(root.leaves()).join("g").attr("transform", (d) => `translate(${d.x},${d.y})`);
    node.append("circle").attr("r", (d) => d.r).attr("fill", (d) => color(d.data.name)).attr("data-name", (d) => d.data.name)
      .on("click", (_, d) => setPicked(`${d.data.name}: ${d3.format(".0%")(d.value / root.value)}`));
    node.append("text").attr("text-anchor", "middle").attr("pointer-events", "none").text((d) => (d.r > 25 ? d.data.name : ""));
  }, [sorted]);

  return (
    <div className="p-6 flex gap-6">
      <svg ref={ref} width="420" height="420" />
      <div>
        <h1 className="text-2xl">Orchard</h1>
        <p id="picked">{picked ?? "Click a bubble"}</p>
        <label><input type="checkbox" checked={sorted} onChange={() => setSorted(!sorted)} /> sorted</label>
        <p id="extent">{d3.extent(DATA.children, (d) => d.value).join("–")} kg</p>
      </div>
    </div>
  );
}
