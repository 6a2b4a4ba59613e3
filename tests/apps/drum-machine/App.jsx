import { useEffect, useReducer, useRef } from "react";

const TRACKS = ["Kick", "Snare", "Hat", "Clap"];
const STEPS = 16;
const blank = () => TRACKS.map(() => Array(STEPS).fill(false));

const PRESETS = {
  "Four on the floor": ["x...x...x...x...", "....x.......x...", "..x...x...x...x.", "................"],
  Breakbeat: ["x.x.......xx....", "....x..x.x..x..x", "x.x.x.x.x.x.x.x.", "............x..."],
};

const parse = (rows) => rows.map((row) => [...row].map((c) => c === "x"));

function reducer(state, action) {
  switch (action.type) {
    case "toggle": {
      const grid = state.grid.map((row, r) => (r === action.row ? row.map((on, c) => (c === action.step ? !on : on)) : row));
      return { ...state, grid };
    }
    case "preset":
      return { ...state, grid: parse(PRESETS[action.name]) };
    case "clear":
      return { ...state, grid: blank() };
    case "play":
      return { ...state, playing: !state.playing, at: -1 };
    case "advance":
      return { ...state, at: (state.at + 1) % STEPS };
    case "bpm":
      return { ...state, bpm: action.bpm };
  }
}

function hit(audio, track, when) {
  const gain = audio.createGain();
  gain.connect(audio.destination);
  gain.gain.setValueAtTime(0.3, when);
  gain.gain.exponentialRampToValueAtTime(0.001, when + 0.2);
  if (track === "Kick") {
    const osc = audio.createOscillator();
    osc.frequency.setValueAtTime(150, when);
    osc.frequency.exponentialRampToValueAtTime(40, when + 0.15);
    osc.connect(gain);
    osc.start(when);
    osc.stop(when + 0.2);
  } else {
    const buffer = audio.createBuffer(1, audio.sampleRate * 0.2, audio.sampleRate);
    const data = buffer.getChannelData(0);
    for (let i = 0; i < data.length; i++) data[i] = Math.random() * 2 - 1;
    const noise = audio.createBufferSource();
    const filter = audio.createBiquadFilter();
    filter.type = track === "Hat" ? "highpass" : "bandpass";
    filter.frequency.value = { Hat: 7000, Snare: 1800, Clap: 1200 }[track];
    noise.buffer = buffer;
    noise.connect(filter).connect(gain);
    noise.start(when);
  }
}

export default function DrumMachine() {
  const [{ grid, playing, at, bpm }, dispatch] = useReducer(reducer, { grid: blank(), playing: false, at: -1, bpm: 120 });
  const audio = useRef();

  useEffect(() => {
    if (!playing) return;
    audio.current ||= new AudioContext();
    const timer = setInterval(() => dispatch({ type: "advance" }), 60_000 / bpm / 4);
    return () => clearInterval(timer);
  }, [playing, bpm]);

  useEffect(() => {
    if (at < 0) return;
    grid.forEach((row, r) => row[at] && hit(audio.current, TRACKS[r], audio.current.currentTime));
  }, [at]);

  return (
    <div className="bg-neutral-800 text-neutral-100 min-h-screen p-8">
      <header className="flex gap-4 items-center mb-6">
        <h1 className="text-2xl font-bold mr-auto">DRUM·MACHINE</h1>
        <button id="play" className="px-4 py-2 rounded bg-orange-500" onClick={() => dispatch({ type: "play" })}>{playing ? "■" : "▶"}</button>
        <input type="number" value={bpm} min={40} max={240} onChange={(e) => dispatch({ type: "bpm", bpm: e.target.valueAsNumber || 120 })} className="w-16 text-black" />
        <select defaultValue="" onChange={(e) => dispatch({ type: "preset", name: e.target.value })} className="text-black">
          <option value="" disabled>Preset…</option>
          {Object.keys(PRESETS).map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
        <button id="clear" onClick={() => dispatch({ type: "clear" })}>Clear</button>
      </header>
      {TRACKS.map((track, row) => (
        <div key={track} className="flex items-center gap-1 mb-2" style={{ display: "flex" }}>
          <span className="w-16" style={{ width: 64 }}>{track}</span>
          {grid[row].map((on, step) => (
            <button
              key={step}
              data-step={`${track}-${step}`}
              data-on={on ? "" : undefined}
              onClick={() => dispatch({ type: "toggle", row, step })}
              className={`h-10 flex-1 rounded ${step === at ? "ring-2 ring-white" : ""}`}
              style={{ background: on ? "#f97316" : step % 8 < 4 ? "#525252" : "#404040", flex: 1, height: 40 }}
            />
          ))}
        </div>
      ))}
      <p id="at">{at < 0 ? "stopped" : `step ${at + 1}`}</p>
    </div>
  );
}
