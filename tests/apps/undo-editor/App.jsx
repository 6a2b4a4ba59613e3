import { useCallback, useEffect, useReducer } from "react";

function useHistory(initial) {
  const [state, dispatch] = useReducer(
    (s, [type, value]) => {
      const { past, present, future } = s;
      if (type === "set") return value === present ? s : { past: [...past, present], present: value, future: [] };
      if (type === "undo" && past.length) return { past: past.slice(0, -1), present: past.at(-1), future: [present, ...future] };
      if (type === "redo" && future.length) return { past: [...past, present], present: future[0], future: future.slice(1) };
      return s;
    },
    { past: [], present: initial, future: [] },
  );
  return {
    ...state,
    set: useCallback((value) => dispatch(["set", value]), []),
    undo: useCallback(() => dispatch(["undo"]), []),
    redo: useCallback(() => dispatch(["redo"]), []),
  };
}

const SHAPES = ["●", "■", "▲", "★"];
const blank = Object.freeze({ shape: 0, size: 80, hue: 260, text: "hi" });

export default function UndoEditor() {
  const { past, present, future, set, undo, redo } = useHistory(blank);
  const update = (change) => set({ ...present, ...change });

  useEffect(() => {
    const onKey = (event) => {
      if (!(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      if (key === "z" && !event.shiftKey) (event.preventDefault(), undo());
      else if (key === "y" || (key === "z" && event.shiftKey)) (event.preventDefault(), redo());
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [undo, redo]);

  const { shape, size, hue, text } = present;
  return (
    <div style={{ display: "flex", gap: 32, padding: 32, fontFamily: "system-ui" }}>
      <div id="badge" style={{ position: "relative", width: 240, height: 240, display: "grid", placeItems: "center", background: "#f5f3ff", borderRadius: 24 }}>
        <span style={{ fontSize: size * 2, color: `hsl(${hue} 70% 55%)`, position: "absolute" }}>{SHAPES[shape]}</span>
        <span style={{ position: "relative", color: "white", fontWeight: 700 }}>{text}</span>
      </div>
      <fieldset style={{ border: "none" }}>
        <legend>Badge</legend>
        {SHAPES.map((s, i) => (
          <button key={s} data-shape={i} onClick={() => update({ shape: i })}>{s}</button>
        ))}
        <p><input type="range" name="hue" max="360" value={hue} onChange={(e) => update({ hue: +e.target.value })} /></p>
        <p><input name="text" value={text} maxLength={6} onChange={(e) => update({ text: e.target.value })} /></p>
        <button id="undo" onClick={undo} disabled={!past.length}>Undo ({past.length})</button>
        <button id="redo" onClick={redo} disabled={!future.length}>Redo ({future.length})</button>
      </fieldset>
    </div>
  );
}
