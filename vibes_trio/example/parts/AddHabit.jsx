import { useState } from "react";
import { useHabits } from "../state/HabitsContext";

export default function AddHabit() {
  const { dispatch } = useHabits();
  const [name, setName] = useState("");

  function add(event) {
    event.preventDefault();
    if (!name.trim()) return;
    dispatch({ type: "add", id: `${Date.now()}`, name: name.trim() });
    setName("");
  }

  return (
    <form className="add" onSubmit={add}>
      <input
        value={name}
        onChange={(event) => setName(event.target.value)}
        placeholder="Plant a new habit …"
        aria-label="Name of a new habit"
      />
      <button type="submit" disabled={!name.trim()}>
        Plant
      </button>
    </form>
  );
}
