import { useState, useEffect } from "react";

const GOAL = 8;
const today = () => new Date().toDateString();

/* eslint-disable react/prop-types */
const Wave = ({ level }) => (
  <svg viewBox="0 0 200 200" width="220" className="rounded-full" style={{ borderRadius: "50%", background: "#e0f2fe" }}>
    <defs>
      <clipPath id="round"><circle cx="100" cy="100" r="100" /></clipPath>
      <path id="crest" d="M0 0 q25 -14 50 0 t50 0 t50 0 t50 0 t50 0 t50 0 V220 H0 Z" />
    </defs>
    <g clipPath="url(#round)">
      <g className="rise" style={{ transform: `translateY(${200 - level * 200}px)` }}>
        <use href="#crest" fill="#7dd3fc" className="drift slow" />
        <use xlinkHref="#crest" y="6" fill="#0284c7" className="drift" opacity=".8" />
      </g>
    </g>
    <text x="100" y="112" textAnchor="middle" fontSize="36" fontWeight="700" fill={level > 0.55 ? "white" : "#075985"}>
      {Math.round(level * 100)}%
    </text>
  </svg>
);

const CSS = /* css */ `
  @keyframes drift { from { translate: 0 0 } to { translate: -100px 0 } }
  .drift { animation: drift 2s linear infinite; }
  .drift.slow { animation-duration: 5s; animation-direction: reverse; }
  .rise { transition: transform .6s ease-out; }
  @media (prefers-reduced-motion: reduce) { .drift { animation: none } }
`;

export default function WaterTracker() {
  const [glasses, setGlasses] = useState(0);

  useEffect(() => {
    const saved = JSON.parse(localStorage.getItem("water") || "{}");
    if (saved.day === today()) setGlasses(saved.glasses);
  }, []);

  const change = (by) => {
    const next = Math.min(GOAL, Math.max(0, glasses + by));
    setGlasses(next);
    localStorage.setItem("water", JSON.stringify({ day: today(), glasses: next }));
  };

  return (
    <div style={{ textAlign: "center", fontFamily: "system-ui", padding: 32 }}>
      <style dangerouslySetInnerHTML={{ __html: CSS }} />
      <h1>💧 Drink up</h1>
      <Wave level={glasses / GOAL} />
      <p id="glasses" aria-label={`${glasses} of ${GOAL}`}>
        {[...Array(GOAL)].map((_, i) => <span key={i} style={{ filter: i < glasses ? undefined : "grayscale(1) opacity(.3)" }}>🥛</span>)}
      </p>
      <button onClick={() => change(-1)} disabled={glasses === 0} id="less">−</button>{' '}
      <button onClick={() => change(+1)} disabled={glasses === GOAL} id="more">One more glass</button>
      {glasses === GOAL && <p role="status">🎉 That&#39;s it for today!</p>}
    </div>
  );
}
