import { useEffect, useRef, useState } from "react";

const MODES = { focus: { label: "Focus", minutes: 25, color: "tomato" }, short: { label: "Short break", minutes: 5, color: "teal" }, long: { label: "Long break", minutes: 15, color: "steelblue" } };

/* A hook after a well known recipe: the callback is always the newest. */
function useInterval(callback, delay) {
  const saved = useRef(callback);
  useEffect(() => { saved.current = callback; });
  useEffect(() => {
    if (delay === null) return;
    const id = setInterval(() => saved.current(), delay);
    return () => clearInterval(id);
  }, [delay]);
}

function beep() {
  const AudioContext = window.AudioContext || window.webkitAudioContext;
  const audio = new AudioContext();
  const gain = audio.createGain();
  const tone = audio.createOscillator();
  tone.type = "triangle";
  tone.frequency.value = 660;
  gain.gain.setValueAtTime(0.1, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.4);
  tone.connect(gain).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.4);
}

export default function Pomodoro() {
  const [mode, setMode] = useState("focus");
  const [seconds, setSeconds] = useState(MODES.focus.minutes * 60);
  const [isRunning, setIsRunning] = useState(false);
  const [finished, setFinished] = useState(0);
  const total = MODES[mode].minutes * 60;
  const R = 90, C = 2 * Math.PI * R;

  useInterval(() => {
    if (seconds > 0) return setSeconds(seconds - 1);
    setIsRunning(false);
    setFinished((n) => n + 1);
    beep();
  }, isRunning ? 10 : null); // 100 times as fast while we try it out

  useEffect(() => {
    document.title = `${format(seconds)} – ${MODES[mode].label}`;
  }, [seconds, mode]);

  const change = (next) => () => {
    setMode(next);
    setSeconds(MODES[next].minutes * 60);
    setIsRunning(false);
  };

  return (
    <main style={{ textAlign: "center", fontFamily: "ui-sans-serif, system-ui", paddingTop: 30 }}>
      <nav>{Object.entries(MODES).map(([key, { label }]) => <button key={key} data-mode={key} onClick={change(key)} aria-pressed={mode === key}>{label}</button>)}</nav>
      <svg width="220" height="220" viewBox="0 0 220 220" role="img" aria-label="Time left">
        <circle cx="110" cy="110" r={R} fill="none" stroke="#eee" strokeWidth="14" />
        <circle cx="110" cy="110" r={R} fill="none" stroke={MODES[mode].color} strokeWidth="14" strokeLinecap="round" strokeDasharray={C} strokeDashoffset={C * (1 - seconds / total)} transform="rotate(-90 110 110)" />
        <text x="110" y="122" textAnchor="middle" fontSize="40">{format(seconds)}</text>
      </svg>
      <div>
        <button id="go" onClick={() => setIsRunning((r) => !r)}>{isRunning ? "Pause" : "Start"}</button>
        <button id="skip" onClick={() => setSeconds(0)}>Skip</button>
      </div>
      <p>{"🍅".repeat(finished) || "No tomatoes yet"}</p>
    </main>
  );
}

function format(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
