import { useCallback, useEffect, useMemo, useRef, useState } from "react";

const NOTES = "C C# D D# E F F# G G# A A# B C".split(" ").map((name, i) => ({
  id: i,
  name: name + (i === 12 ? 5 : 4),
  key: "awsedftgyhujk"[i],
  sharp: name.endsWith("#"),
  frequency: 261.626 * 2 ** (i / 12),
}));

const WAVES = ["sine", "square", "sawtooth", "triangle"];

function useSynth(wave) {
  const audio = useRef(null);
  const voices = useRef(new Map());

  const play = useCallback(
    (note) => {
      audio.current ??= new AudioContext();
      if (voices.current.has(note.id)) return;
      const oscillator = new OscillatorNode(audio.current, { type: wave, frequency: note.frequency });
      const gain = new GainNode(audio.current, { gain: 0 });
      gain.gain.linearRampToValueAtTime(0.15, audio.current.currentTime + 0.02);
      oscillator.connect(gain).connect(audio.current.destination);
      oscillator.start();
      voices.current.set(note.id, { oscillator, gain });
    },
    [wave],
  );

  const stop = useCallback((note) => {
    const voice = voices.current.get(note.id);
    if (!voice) return;
    const end = audio.current.currentTime + 0.15;
    voice.gain.gain.linearRampToValueAtTime(0, end);
    voice.oscillator.stop(end);
    voices.current.delete(note.id);
  }, []);

  return useMemo(() => ({ play, stop, context: audio }), [play, stop]);
}

export default function Synth() {
  const [wave, setWave] = useState("sine");
  const [down, setDown] = useState(new Set());
  const [history, setHistory] = useState([]);
  const { play, stop, context } = useSynth(wave);

  const press = (note) => {
    if (!note || down.has(note.id)) return;
    play(note);
    setDown((before) => new Set([...before, note.id]));
    setHistory((before) => [...before.slice(-9), note.name]);
  };
  const release = (note) => {
    if (!note) return;
    stop(note);
    setDown((before) => new Set([...before].filter((id) => id !== note.id)));
  };

  useEffect(() => {
    const find = (event) => !event.repeat && NOTES.find((note) => note.key === event.key);
    const onDown = (event) => press(find(event));
    const onUp = (event) => release(find(event));
    window.addEventListener("keydown", onDown);
    window.addEventListener("keyup", onUp);
    return () => {
      window.removeEventListener("keydown", onDown);
      window.removeEventListener("keyup", onUp);
    };
  });

  return (
    <div className="min-h-screen bg-zinc-900 text-zinc-100 flex flex-col items-center gap-6 py-12">
      <h1 className="text-4xl font-light tracking-widest">🎹 synth</h1>
      <div className="flex gap-2" role="radiogroup">
        {WAVES.map((w) => (
          <label key={w} className="px-2">
            <input type="radio" name="wave" value={w} checked={wave === w} onChange={() => setWave(w)} /> {w}
          </label>
        ))}
      </div>
      <div style={{ display: "flex", position: "relative" }}>
        {NOTES.map((note) => (
          <button
            key={note.id}
            data-note={note.name}
            onPointerDown={() => press(note)}
            onPointerUp={() => release(note)}
            onPointerLeave={() => release(note)}
            style={{
              width: note.sharp ? 32 : 52,
              height: note.sharp ? 110 : 180,
              margin: note.sharp ? "0 -16px" : 0,
              zIndex: note.sharp ? 1 : 0,
              background: down.has(note.id) ? "#fb923c" : note.sharp ? "#18181b" : "#fafafa",
              color: note.sharp ? "#fafafa" : "#18181b",
              border: "1px solid #71717a",
              borderRadius: "0 0 6px 6px",
            }}
          >
            {note.key}
          </button>
        ))}
      </div>
      <p id="history">{history.join(" ") || "Play with the mouse or the keys A to K"}</p>
      <p id="audio">{context.current ? "audio on" : "audio off"}</p>
    </div>
  );
}
