import { useRef, useState, useEffect, useLayoutEffect } from "react";

const COLORS = ["#0f172a", "#dc2626", "#ea580c", "#16a34a", "#2563eb", "#9333ea"];

export default function DrawingPad() {
  const canvas = useRef(null);
  const drawing = useRef(null);
  const [strokes, setStrokes] = useState([]);
  const [color, setColor] = useState(COLORS[4]);
  const [width, setWidth] = useState(6);
  const [saved, setSaved] = useState(null);

  const redraw = (list) => {
    const ctx = canvas.current.getContext("2d");
    ctx.clearRect(0, 0, canvas.current.width, canvas.current.height);
    ctx.lineCap = ctx.lineJoin = "round";
    for (const { color, width, points } of list) {
      ctx.strokeStyle = color;
      ctx.lineWidth = width;
      ctx.beginPath();
      points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
      ctx.stroke();
    }
  };

  useLayoutEffect(() => redraw(strokes), [strokes]);

  const at = (e) => {
    const box = e.currentTarget.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  };

  const down = (e) => {
    e.currentTarget.setPointerCapture(e.pointerId);
    drawing.current = { color, width, points: [at(e)] };
  };
  const move = (e) => {
    if (!drawing.current) return;
    drawing.current.points.push(at(e));
    redraw([...strokes, drawing.current]);
  };
  const up = () => {
    if (drawing.current) setStrokes((list) => [...list, drawing.current].filter(Boolean));
    queueMicrotask(() => { drawing.current = null; });
  };

  useEffect(() => {
    const undo = (e) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z") setStrokes((list) => list.slice(0, -1));
    };
    addEventListener("keydown", undo);
    return () => removeEventListener("keydown", undo);
  }, []);

  return (
    <div className="p-4 bg-slate-100 min-h-screen">
      <div className="flex items-center gap-2 mb-3" style={{ display: "flex", gap: 8 }}>
        {COLORS.map((c) => (
          <button key={c} aria-label={`Colour ${c}`} onClick={() => setColor(c)} style={{ background: c, width: 28, height: 28, borderRadius: "50%", border: c === color ? "3px solid gold" : "3px solid white" }} />
        ))}
        <input type="range" min="1" max="30" value={width} onChange={(e) => setWidth(+e.target.value)} />
        <button id="undo" disabled={!strokes.length} onClick={() => setStrokes(strokes.slice(0, -1))}>Undo</button>
        <button id="clear" onClick={() => window.confirm("Clear everything?") && setStrokes([])}>Clear</button>
        <button id="save" onClick={() => setSaved(canvas.current.toDataURL("image/png"))}>Save</button>
        <span id="count">{strokes.length} stroke{strokes.length === 1 ? "" : "s"}</span>
      </div>
      <canvas ref={canvas} width={640} height={360} onPointerDown={down} onPointerMove={move} onPointerUp={up} style={{ background: "white", touchAction: "none", boxShadow: "0 2px 8px #0002" }} />
      {saved && <img id="saved" src={saved} alt="Your drawing" width="160" />}
    </div>
  );
}
