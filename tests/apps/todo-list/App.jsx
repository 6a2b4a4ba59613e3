import React, { useState, useEffect, useMemo } from "react";

const STORAGE_KEY = "todo-list-v1";
const FILTERS = {
  all: () => true,
  active: (todo) => !todo.done,
  done: (todo) => todo.done,
};

function loadTodos() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? [];
  } catch {
    return [];
  }
}

export default function App() {
  const [todos, setTodos] = useState(loadTodos);
  const [draft, setDraft] = useState("");
  const [filter, setFilter] = useState("all");

  useEffect(() => {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(todos));
  }, [todos]);

  const visible = useMemo(() => todos.filter(FILTERS[filter]), [todos, filter]);
  const left = todos.filter((t) => !t.done).length;

  const addTodo = (e) => {
    e.preventDefault();
    const text = draft.trim();
    if (!text) return;
    setTodos([...todos, { id: Date.now() + Math.random(), text, done: false }]);
    setDraft("");
  };

  const toggle = (id) => setTodos(todos.map((t) => (t.id === id ? { ...t, done: !t.done } : t)));
  const remove = (id) => setTodos(todos.filter((t) => t.id !== id));

  return (
    <div className="min-h-screen bg-gradient-to-br from-amber-50 to-rose-100 p-8">
      <div className="max-w-md mx-auto bg-white rounded-2xl shadow-xl p-6">
        <h1 className="text-3xl font-bold text-rose-600 mb-4">📝 My Day</h1>
        <form onSubmit={addTodo} className="flex gap-2 mb-4">
          <input
            value={draft}
            onChange={(e) => setDraft(e.target.value)}
            placeholder="What needs doing?"
            className="flex-1 border border-rose-200 rounded-lg px-3 py-2 focus:outline-none focus:ring-2 focus:ring-rose-400"
          />
          <button type="submit" className="bg-rose-500 hover:bg-rose-600 text-white rounded-lg px-4">
            Add
          </button>
        </form>
        <ul className="divide-y divide-rose-100">
          {visible.map((todo) => (
            <li key={todo.id} className="flex items-center py-2 gap-3">
              <input type="checkbox" checked={todo.done} onChange={() => toggle(todo.id)} />
              <span className={`flex-1 ${todo.done ? "line-through text-gray-400" : ""}`}>{todo.text}</span>
              <button aria-label={`Remove ${todo.text}`} onClick={() => remove(todo.id)} className="text-gray-300 hover:text-rose-500">
                ✕
              </button>
            </li>
          ))}
        </ul>
        {visible.length === 0 && <p className="text-center text-gray-400 py-6">Nothing here yet 🌱</p>}
        <footer className="flex justify-between items-center mt-4 text-sm text-gray-500">
          <span id="left">
            {left} {left === 1 ? "thing" : "things"} left
          </span>
          <div className="flex gap-2">
            {Object.keys(FILTERS).map((name) => (
              <button
                key={name}
                data-filter={name}
                onClick={() => setFilter(name)}
                className={filter === name ? "font-bold text-rose-600" : ""}
              >
                {name[0].toUpperCase() + name.slice(1)}
              </button>
            ))}
          </div>
        </footer>
      </div>
    </div>
  );
}
