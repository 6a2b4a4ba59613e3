import { useEffect, useState } from "react";

function useFetch(url) {
  const [state, setState] = useState({ status: "idle" });
  useEffect(() => {
    if (!url) return;
    const controller = new AbortController();
    setState({ status: "loading" });
    fetch(url, { signal: controller.signal })
      .then((response) => {
        if (!response.ok) throw new Error(`${response.status} for ${url}`);
        return response.json();
      })
      .then((data) => setState({ status: "done", data }))
      .catch((error) => {
        if (error.name !== "AbortError") setState({ status: "failed", error });
      });
    return () => controller.abort();
  }, [url]);
  return state;
}

const ICONS = { sun: "☀️", cloud: "☁️", rain: "🌧️", snow: "❄️" };

const Day = ({ name, icon, high, low }) => (
  <li className="flex-1 text-center bg-white/20 rounded-xl p-3">
    <div className="text-sm">{name}</div>
    <div className="text-4xl" title={icon}>{ICONS[icon] ?? "❓"}</div>
    <div>
      <b>{high}°</b> / {low}°
    </div>
  </li>
);

export default function Weather() {
  const [town, setTown] = useState("harbour");
  const { status, data, error } = useFetch(`./weather/${town}.json`);

  let content;
  if (status === "loading" || status === "idle") content = <p>Looking out of the window…</p>;
  else if (status === "failed") content = <p role="alert">No forecast: {error.message}</p>;
  else
    content = (
      <>
        <h2 className="text-5xl font-thin">{data.town}</h2>
        <ul className="flex gap-3 mt-4">{data.days.map((day) => <Day key={day.name} {...day} />)}</ul>
      </>
    );

  return (
    <div className="min-h-screen bg-gradient-to-b from-sky-400 to-indigo-600 text-white p-8">
      <select value={town} onChange={(e) => setTown(e.target.value)} className="text-black rounded">
        <option value="harbour">Harbour</option>
        <option value="hill">Hill</option>
        <option value="moon">Moon</option>
      </select>
      {content}
    </div>
  );
}
