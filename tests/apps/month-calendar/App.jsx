import { useEffect, useState, Fragment } from "react";

const pad = (n) => String(n).padStart(2, "0");
const keyOf = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

function useStoredState(key, fallback) {
  const [value, setValue] = useState(() => {
    const raw = window.localStorage.getItem(key);
    return raw === null ? fallback : JSON.parse(raw);
  });
  useEffect(() => window.localStorage.setItem(key, JSON.stringify(value)), [key, value]);
  return [value, setValue];
}

function weeksOf(year, month) {
  const first = new Date(year, month, 1);
  const offset = (first.getDay() + 6) % 7;
  const days = Array.from({ length: 42 }, (_, i) => new Date(year, month, 1 - offset + i));
  const weeks = [];
  while (days.length) weeks.push(days.splice(0, 7));
  return weeks;
}

export default function CalendarApp() {
  const [shown, setShown] = useState({ year: 2024, month: 1 });
  const [selected, setSelected] = useState(null);
  const [events, setEvents] = useStoredState("calendar.events", {});
  const title = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" }).format(new Date(shown.year, shown.month));
  const weekdays = weeksOf(2024, 0)[0].map((day) => day.toLocaleDateString("en", { weekday: "short" }));

  function turn(by) {
    const date = new Date(shown.year, shown.month + by);
    setShown({ year: date.getFullYear(), month: date.getMonth() });
  }

  function addEvent(event) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const list = events[selected] ?? [];
    setEvents({ ...events, [selected]: [...list, data.get("title")] });
    event.currentTarget.reset();
  }

  return (
    <div className="p-6 font-sans max-w-2xl mx-auto">
      <header className="flex items-center justify-between mb-4">
        <button onClick={() => turn(-1)} aria-label="Previous month" className="px-3 py-1 rounded bg-slate-200">‹</button>
        <h1 className="text-2xl font-semibold">{title}</h1>
        <button onClick={() => turn(+1)} aria-label="Next month" className="px-3 py-1 rounded bg-slate-200">›</button>
      </header>
      <div className="grid grid-cols-7 gap-1" role="grid" style={{ display: "grid", gridTemplateColumns: "repeat(7, 1fr)" }}>
        {weekdays.map((name) => <div key={name} className="text-center text-xs uppercase text-slate-500">{name}</div>)}
        {weeksOf(shown.year, shown.month).map((week, index) => (
          <Fragment key={index}>
            {week.map((day) => {
              const key = keyOf(day);
              const inMonth = day.getMonth() === shown.month;
              return (
                <button
                  key={key}
                  data-day={key}
                  onClick={() => setSelected(key)}
                  className={["h-14 rounded border text-left p-1", inMonth ? "bg-white" : "bg-slate-50 text-slate-300", key === selected && "ring-2 ring-sky-500"].filter(Boolean).join(" ")}
                >
                  {day.getDate()}
                  {events[key]?.length > 0 && <span className="dot"> •{events[key].length}</span>}
                </button>
              );
            })}
          </Fragment>
        ))}
      </div>
      {selected && (
        <form onSubmit={addEvent} className="mt-4 flex gap-2">
          <input name="title" required placeholder={`What happens on ${selected}?`} className="border rounded px-2 flex-1" />
          <button className="bg-sky-600 text-white rounded px-4 py-1">Save</button>
        </form>
      )}
      <ol id="events">
        {selected && (events[selected] || []).map((title, i) => <li key={i}>{title}</li>)}
      </ol>
    </div>
  );
}
