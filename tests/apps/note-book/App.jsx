import { useState } from "react";
import { NotesProvider, useNotes } from "./state/NotesContext";
import Sidebar from "./components/Sidebar";
import Editor from "./components/Editor.jsx";
import { plural } from "./lib/text.js";
import "./style.css";

function Layout() {
  const { notes, isLoading } = useNotes();
  const [selectedId, setSelectedId] = useState(null);
  const selected = notes.find((note) => note.id === selectedId);

  if (isLoading) return <p className="loading">Opening your notebook…</p>;
  return (
    <div className="layout">
      <Sidebar selectedId={selectedId} onSelect={setSelectedId} />
      <section>
        {selected ? <Editor key={selected.id} note={selected} /> : <p>Pick a note, or write a new one.</p>}
        <footer>{plural(notes.length, "note")}</footer>
      </section>
    </div>
  );
}

export default function App() {
  return (
    <NotesProvider>
      <Layout />
    </NotesProvider>
  );
}
