import { useLayoutEffect, useRef, useState } from "react";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ANSWERS = [
  [/\b(hi|hello|hey)\b/i, () => "Hello there! Ask me about the weather, or tell me your name."],
  [/my name is (\w+)/i, ([, name]) => `Nice to meet you, ${name[0].toUpperCase()}${name.slice(1)}.`],
  [/weather/i, () => "I live in a browser tab; it is always 21 °C in here."],
  [/\?$/, () => "Good question."],
];

async function* reply(text) {
  const [pattern, answer] = ANSWERS.find(([pattern]) => pattern.test(text)) ?? [/.*/, () => "I see."];
  for (const word of answer(pattern.exec(text)).split(" ")) {
    await wait(5);
    yield word + " ";
  }
}

function Bubble({ from, text, isOpen }) {
  return (
    <div className={`flex ${from === "me" ? "justify-end" : "justify-start"} my-1`} style={{ textAlign: from === "me" ? "right" : "left" }}>
      <span data-from={from} data-open={isOpen} style={{ display: "inline-block", padding: "8px 14px", borderRadius: 18, margin: 4, background: from === "me" ? "#2563eb" : "#e5e7eb", color: from === "me" ? "white" : "black", maxWidth: "75%" }}>
        {text}{isOpen && "▍"}
      </span>
    </div>
  );
}

export default function ChatBot() {
  const [messages, setMessages] = useState([{ id: 0, from: "bot", text: "👋" }]);
  const [draft, setDraft] = useState("");
  const [busy, setBusy] = useState(false);
  const end = useRef(null);

  useLayoutEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [messages]);

  const send = async (event) => {
    event.preventDefault();
    if (!draft.trim() || busy) return;
    const id = crypto.randomUUID();
    setMessages((list) => [...list, { id: id + "q", from: "me", text: draft }, { id, from: "bot", text: "", isOpen: true }]);
    setDraft("");
    setBusy(true);
    const change = (update) => setMessages((list) => list.map((m) => (m.id === id ? { ...m, ...update(m) } : m)));
    try {
      for await (const word of reply(draft)) change(({ text }) => ({ text: text + word }));
    } finally {
      change(() => ({ isOpen: false }));
      setBusy(false);
    }
  };

  return (
    <div style={{ maxWidth: 480, margin: "0 auto", height: "100vh", display: "flex", flexDirection: "column", fontFamily: "system-ui" }}>
      <h1 style={{ fontSize: 18, padding: 12, borderBottom: "1px solid #ddd", margin: 0 }}>🤖 Chatterbox</h1>
      <div style={{ flex: 1, overflowY: "auto", padding: 12 }}>
        {messages.map((message) => <Bubble {...message} key={message.id} />)}
        <div ref={end} />
      </div>
      <form onSubmit={send} style={{ display: "flex", padding: 12, gap: 8 }}>
        <input value={draft} onChange={(e) => setDraft(e.target.value)} placeholder="Say something…" style={{ flex: 1 }} autoFocus />
        <button disabled={busy}>Send</button>
      </form>
    </div>
  );
}
