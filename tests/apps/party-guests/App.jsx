import { useMemo, useRef, useState } from "react";
import DOMPurify from "dompurify";
import confetti from "canvas-confetti";
import clsx from "clsx";
import { PartyPopper } from "lucide-react";

export default function PartyGuests() {
  const [guests, setGuests] = useState([]);
  const [note, setNote] = useState("<b>Bring</b> a hat<img src=x onerror=alert(1)>");
  const canvas = useRef(null);
  const clean = useMemo(() => DOMPurify.sanitize(note, { ALLOWED_TAGS: ["b", "i", "em"] }), [note]);

  const invite = (event) => {
    event.preventDefault();
    const name = new FormData(event.target).get("name");
    setGuests([...guests, { name, coming: guests.length % 2 === 0 }]);
    event.target.reset();
    const burst = confetti.create(canvas.current, { resize: true, useWorker: true });
    burst({ particleCount: 80, spread: 90, origin: { y: 0.6 }, disableForReducedMotion: false });
  };

  return (
    <div className="p-8 relative">
      <canvas ref={canvas} style={{ position: "absolute", inset: 0, width: "100%", height: 300, pointerEvents: "none" }} />
      <h1><PartyPopper /> Party</h1>
      <form onSubmit={invite}><input name="name" placeholder="Guest" /><button>Invite</button></form>
      <ul>{guests.map(({ name, coming }) => <li key={name} className={clsx("guest", coming ? "coming" : "maybe")}>{name}</li>)}</ul>
      <textarea value={note} onChange={(e) => setNote(e.target.value)} />
      <p id="note" dangerouslySetInnerHTML={{ __html: clean }} />
      <code id="clean">{clean}</code>
    </div>
  );
}
