import { useCallback, useEffect, useMemo, useState } from "react";

const LINKS = [
  { title: "How bridges stand", url: "https://example.org/bridges", tags: ["engineering", "history"], on: "2024-01-03" },
  { title: "Sourdough, slowly", url: "https://example.org/bread", tags: ["food"], on: "2024-02-11" },
  { title: "A map of smells", url: "https://example.org/smells", tags: ["history", "city"], on: "2023-11-30" },
  { title: "Knots for sailors", url: "https://example.org/knots", tags: ["craft", "sea"], on: "2024-03-05" },
];

// The query string is the state: what you see can be linked to.
function useSearchParams() {
  const [search, setSearch] = useState(location.search);
  useEffect(() => {
    const onPop = () => setSearch(location.search);
    window.addEventListener("popstate", onPop);
    return () => window.removeEventListener("popstate", onPop);
  }, []);
  const update = useCallback((changes) => {
    const params = new URLSearchParams(location.search);
    Object.entries(changes).forEach(([name, value]) => (value ? params.set(name, value) : params.delete(name)));
    const query = params.toString();
    history.pushState(null, "", query ? `?${query}` : location.pathname);
    setSearch(location.search);
  }, []);
  return [useMemo(() => new URLSearchParams(search), [search]), update];
}

const ago = (iso, now = Date.UTC(2024, 2, 15)) => {
  const days = Math.round((Date.parse(iso) - now) / 864e5);
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  return Math.abs(days) < 45 ? format.format(days, "day") : format.format(Math.round(days / 30), "month");
};

export default function LinkShelf() {
  const [params, update] = useSearchParams();
  const tag = params.get("tag");
  const sort = params.get("sort") ?? "newest";
  const shown = LINKS.filter((link) => !tag || link.tags.includes(tag)).sort((a, b) =>
    sort === "title" ? a.title.localeCompare(b.title) : b.on.localeCompare(a.on),
  );

  return (
    <div className="max-w-2xl mx-auto p-6">
      <h1 className="text-3xl font-bold mb-4">🔖 {tag ? `#${tag}` : "All links"}</h1>
      <button id="sort" onClick={() => update({ sort: sort === "title" ? "" : "title" })}>Sorted by {sort}</button>
      {tag && <button id="clear" onClick={() => update({ tag: null })}>Show all</button>}
      <ul className="mt-4 space-y-3">
        {shown.map(({ title, url, tags, on }) => (
          <li key={url} className="p-4 rounded-lg shadow bg-white">
            <a href={url} target="_blank" rel="noopener noreferrer" className="text-blue-700 underline">{title}</a>{" "}
            <small>{ago(on)} · {new URL(url).hostname}</small>
            <div>{tags.map((t) => <button key={t} data-tag={t} onClick={() => update({ tag: t })} className="text-xs mr-2">#{t}</button>)}</div>
          </li>
        ))}
      </ul>
    </div>
  );
}
