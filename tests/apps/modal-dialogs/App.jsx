import { forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import { createPortal } from "react-dom";

function Modal({ title, onClose, children }) {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.querySelector("button, input")?.focus();
    const onKey = (e) => e.key === "Escape" && onClose();
    document.addEventListener("keydown", onKey);
    document.body.style.overflow = "hidden";
    return () => {
      document.removeEventListener("keydown", onKey);
      document.body.style.overflow = "";
      before?.focus?.();
    };
  }, [onClose]);

  return createPortal(
    <div className="fixed inset-0 bg-black/50 grid place-items-center" style={{ position: "fixed", inset: 0, background: "#0008", display: "grid", placeItems: "center" }} onClick={(e) => e.target === e.currentTarget && onClose()}>
      <div ref={box} role="dialog" aria-modal="true" aria-label={title} style={{ background: "white", padding: 24, borderRadius: 12, minWidth: 300 }}>
        <h2 className="text-lg font-semibold">{title}</h2>
        {children}
      </div>
    </div>,
    document.body,
  );
}

const Native = forwardRef(function Native({ onAnswer }, ref) {
  const dialog = useRef();
  useImperativeHandle(ref, () => ({ ask: () => dialog.current.showModal() }), []);
  return (
    <dialog ref={dialog} onClose={(e) => onAnswer(e.currentTarget.returnValue)}>
      <form method="dialog">
        <p>Tea or coffee?</p>
        <button value="tea">🍵 Tea</button> <button value="coffee">☕ Coffee</button>
      </form>
    </dialog>
  );
});

export default function App() {
  const [open, setOpen] = useState(false);
  const [answer, setAnswer] = useState("");
  const native = useRef();
  const [clicks, setClicks] = useState(0);
  const close = useRef(() => setOpen(false)).current;

  return (
    <div className="p-10" onClick={() => setClicks((n) => n + 1)}>
      <button id="open" onClick={() => setOpen(true)}>Open the modal</button>{" "}
      <button id="ask" onClick={() => native.current.ask()}>Ask me</button>
      <p id="answer">{answer ? `You chose ${answer}` : "No answer yet"}</p>
      <p id="clicks">{clicks} clicks bubbled up to here</p>
      <Native ref={native} onAnswer={setAnswer} />
      {open && (
        <Modal title="Hello from a portal" onClose={close}>
          <p>Events bubble through React&apos;s tree, not the document&apos;s.</p>
          <button id="inside" onClick={close}>Close</button>
        </Modal>
      )}
    </div>
  );
}
