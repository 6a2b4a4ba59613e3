import React, { useState } from "react";
import { useFireproof } from "use-fireproof";

export default function FireNotes() {
  const { useLiveQuery, useDocument, database } = useFireproof("fire-notes");
  const { docs } = useLiveQuery("type", { key: "note", descending: true });
  const { doc, merge, submit } = useDocument({ type: "note", text: "", done: false });
  const [error, setError] = useState("");

  const handleSubmit = (event) => {
    event.preventDefault();
    if (!doc.text.trim()) return setError("Write something first");
    setError("");
    submit(event);
  };

  return (
    <div className="max-w-md mx-auto p-6">
      <h1 className="text-2xl font-bold">🔥 Notes</h1>
      <form onSubmit={handleSubmit}>
        <input value={doc.text} onChange={(e) => merge({ text: e.target.value })} placeholder="A note" className="border px-2" />
        <button type="submit">Save</button>
      </form>
      {error && <p role="alert">{error}</p>}
      <ul>
        {docs.map((note) => (
          <li key={note._id} style={{ textDecoration: note.done ? "line-through" : "none" }}>
            <span onClick={() => database.put({ ...note, done: !note.done })}>{note.text}</span>
            <button onClick={() => database.del(note._id)} aria-label={`Delete ${note.text}`}>✕</button>
          </li>
        ))}
      </ul>
      <p id="count">{docs.length} saved</p>
    </div>
  );
}
