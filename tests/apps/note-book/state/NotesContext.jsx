import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import * as db from "../lib/db";

const NotesContext = createContext(null);

export function NotesProvider({ children }) {
  const [notes, setNotes] = useState([]);
  const [isLoading, setIsLoading] = useState(true);

  useEffect(() => {
    let cancelled = false;
    (async () => {
      const all = await db.readAll();
      if (cancelled) return;
      setNotes(all);
      setIsLoading(false);
    })();
    return () => {
      cancelled = true;
    };
  }, []);

  const save = useCallback(async (note) => {
    await db.put(note);
    setNotes(await db.readAll());
  }, []);

  const remove = useCallback(async (id) => {
    await db.remove(id);
    setNotes(await db.readAll());
  }, []);

  const value = useMemo(() => ({ notes, isLoading, save, remove }), [notes, isLoading, save, remove]);
  return <NotesContext.Provider value={value}>{children}</NotesContext.Provider>;
}

export const useNotes = () => {
  const context = useContext(NotesContext);
  if (!context) throw new Error("useNotes must be used inside <NotesProvider>");
  return context;
};
