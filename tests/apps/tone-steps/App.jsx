import { useEffect, useRef, useState } from "react";
import * as Tone from "tone";

const NOTES = ["C5", "A4", "G4", "E4", "C4"];

export default function ToneSteps() {
  const synth = useRef(null);
  const [grid, setGrid] = useState(() => NOTES.map(() => Array(8).fill(false)));
  const [state, setState] = useState("silent");

  useEffect(() => {
    synth.current = new Tone.PolySynth(Tone.Synth).toDestination();
    return () => synth.current.dispose();
  }, []);

  const toggle = (row, step) => {
    setGrid(grid.map((cells, r) => (r === row ? cells.map((on, c) => (c === step ? !on : on)) : cells)));
    synth.current.triggerAttackRelease(NOTES[row], "16n");
  };

  const play = async () => {
    await Tone.start();
    const transport = Tone.getTransport();
    setState(`playing at ${transport.bpm.value.toFixed(0)} bpm`);
  };

  return (
    <div className="p-8 bg-indigo-950 text-indigo-100 min-h-screen" style={{ background: "#1e1b4b", color: "#e0e7ff", padding: 32, minHeight: "100vh" }}>
      <button id="play" onClick={play}>▶ play</button> <span id="state">{state}</span>
      {grid.map((cells, row) => (
        <div key={NOTES[row]} style={{ display: "flex", gap: 4, margin: 4 }}>
          <span style={{ width: 40 }}>{NOTES[row]}</span>
          {cells.map((on, step) => <button key={step} data-cell={`${NOTES[row]}-${step}`} data-on={on} onClick={() => toggle(row, step)} style={{ width: 40, height: 40, background: on ? "#facc15" : "#4338ca", border: 0 }} />)}
        </div>
      ))}
      <p id="midi">{Tone.Frequency("A4").toMidi()} is A4</p>
    </div>
  );
}
