import { useEffect, useRef, useState } from "react";
import { useNotes } from "../state/NotesContext";

const Editor = ({ note }) => {
  const { save } = useNotes();
  const [body, setBody] = useState(note.body);
  const area = useRef();

  useEffect(() => area.current.focus(), []);

  useEffect(() => {
    if (body === note.body) return;
    const timer = setTimeout(() => save({ ...note, body }), 50);
    return () => clearTimeout(timer);
  }, [body, note, save]);

  return <textarea ref={area} value={body} onChange={(e) => setBody(e.target.value)} spellCheck={false} rows={12} />;
};

export default Editor;
