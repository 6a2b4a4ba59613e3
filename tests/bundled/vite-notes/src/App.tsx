import { useState } from "react";
import { Note } from "@/parts/Note";
import type { Entry } from "@/types";
import pin from "@/pictures/pin.svg";
import styles from "./App.module.css";

const FIRST: Entry[] = [{ id: 1, text: "Water the plants" }];

export default function App() {
  const [notes, setNotes] = useState<Entry[]>(FIRST);
  const add = () => setNotes([...notes, { id: notes.length + 1, text: `Note ${notes.length + 1}` }]);
  return (
    <main className={styles.board}>
      <h1 className={styles["board-title"]}>
        <img src={pin} width="24" height="24" alt="pin" /> {import.meta.env.VITE_TITLE ?? "untitled"}
      </h1>
      <p id="mode">
        {import.meta.env.MODE} {String(import.meta.env.DEV)} {String(import.meta.env.VITE_NOTHING)}
      </p>
      {notes.map((note) => (
        <Note key={note.id} entry={note} />
      ))}
      <button onClick={add}>add</button>
    </main>
  );
}
