import { useEffect, useMemo, useRef, useState } from "react";

const TEXT = "the lazy heron naps by the pond";

export default function TypingSpeed() {
  const [typed, setTyped] = useState("");
  const [startedAt, setStartedAt] = useState(null);
  const [now, setNow] = useState(null);
  const area = useRef(null);

  const done = typed.length >= TEXT.length;
  const mistakes = useMemo(() => [...typed].filter((char, i) => char !== TEXT[i]).length, [typed]);
  const minutes = startedAt === null ? 0 : ((now ?? startedAt) - startedAt) / 60e3;
  const wpm = minutes > 0 ? Math.round(typed.length / 5 / minutes) : 0;

  useEffect(() => {
    if (startedAt === null || done) return;
    let frame = requestAnimationFrame(function tick() {
      setNow(performance.now());
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [startedAt, done]);

  function onKeyDown(event) {
    if (event.key === "Escape") {
      setTyped("");
      setStartedAt(null);
      setNow(null);
      return;
    }
    if (done) return;
    if (event.key === "Backspace") setTyped((t) => t.slice(0, -1));
    else if (event.key.length === 1) {
      setStartedAt((at) => at ?? performance.now());
      setTyped((t) => t + event.key);
    }
  }

  return (
    <div tabIndex={0} ref={area} onKeyDown={onKeyDown} className="p-12 outline-none font-mono text-2xl" autoFocus>
      <h1 className="text-base uppercase tracking-widest text-gray-500">Click here, then type</h1>
      <p id="text" className="my-6 leading-relaxed">
        {[...TEXT].map((char, i) => {
          const state = i >= typed.length ? (i === typed.length ? "next" : "") : typed[i] === char ? "right" : "wrong";
          return (
            <span key={i} data-state={state} style={{ color: { right: "green", wrong: "white", next: "black", "": "#94a3b8" }[state], background: state === "wrong" ? "crimson" : state === "next" ? "#fde68a" : "none" }}>
              {char}
            </span>
          );
        })}
      </p>
      <dl className="flex gap-8 text-base">
        <div><dt>Speed</dt><dd id="wpm">{wpm} wpm</dd></div>
        <div><dt>Mistakes</dt><dd id="mistakes">{mistakes}</dd></div>
        <div><dt>Progress</dt><dd id="progress">{Math.min(100, Math.floor((typed.length / TEXT.length) * 100))}%</dd></div>
      </dl>
    </div>
  );
}
