import { useNotes } from "../state/NotesContext.jsx";
import text from "../lib/text";

export default function Sidebar({ selectedId, onSelect }) {
  const { notes, save, remove } = useNotes();
  return (
    <aside>
      <button className="new" onClick={() => save({ body: "" })}>
        + New note
      </button>
      <ul>
        {notes.map((note) => (
          <li key={note.id} aria-current={note.id === selectedId}>
            <a href={`#${note.id}`} onClick={() => onSelect(note.id)}>{text.firstLine(note.body)}</a>
            <button title="Delete" onClick={() => remove(note.id)}>×</button>
          </li>
        ))}
      </ul>
    </aside>
  );
}
