import { useMemo, useState } from "react";

const FIRST = ["Amara", "Björn", "Chen", "Dörte", "Élise", "Farid", "Gül", "Hana"];
const LAST = ["Okafor", "Lindqvist", "Wei", "Özdemir", "Dubois"];
const TEAMS = ["Design", "Kitchen", "Support", "Workshop"];

const PEOPLE = Array.from({ length: 57 }, (_, i) => ({
  id: i + 1,
  name: `${FIRST[i % FIRST.length]} ${LAST[(i * 3) % LAST.length]}`,
  team: TEAMS[(i * 7) % TEAMS.length],
  started: new Date(Date.UTC(2010 + (i % 14), (i * 5) % 12, 1 + (i % 28))),
  salary: 28_000 + ((i * 7919) % 40) * 1_000,
}));

const COLUMNS = [
  { key: "id", label: "#", align: "right" },
  { key: "name", label: "Name" },
  { key: "team", label: "Team" },
  { key: "started", label: "Since", show: (date) => date.toISOString().slice(0, 10) },
  { key: "salary", label: "Salary", align: "right", show: (n) => n.toLocaleString("en-US") },
];

const collator = new Intl.Collator("en", { sensitivity: "base" });
const compare = (a, b) => (typeof a === "string" ? collator.compare(a, b) : a - b);

export default function StaffTable() {
  const [query, setQuery] = useState("");
  const [team, setTeam] = useState("");
  const [{ by, up }, setOrder] = useState({ by: "id", up: true });
  const [page, setPage] = useState(0);
  const [perPage, setPerPage] = useState(10);

  const found = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return PEOPLE.filter((p) => (!team || p.team === team) && words.every((w) => p.name.toLowerCase().includes(w))).sort(
      (a, b) => compare(a[by], b[by]) * (up ? 1 : -1),
    );
  }, [query, team, by, up]);

  const pages = Math.max(1, Math.ceil(found.length / perPage));
  const current = Math.min(page, pages - 1);
  const rows = found.slice(current * perPage, (current + 1) * perPage);
  const total = found.reduce((sum, { salary }) => sum + salary, 0);

  return (
    <div className="p-6 text-sm">
      <div className="flex gap-3 mb-3">
        <input type="search" placeholder="Search…" value={query} onChange={(e) => { setQuery(e.target.value); setPage(0); }} className="border px-2 py-1 rounded" />
        <select id="team" value={team} onChange={(e) => setTeam(e.target.value)}>
          <option value="">All teams</option>
          {TEAMS.map((t) => <option key={t} value={t}>{t}</option>)}
        </select>
        <select id="per-page" value={perPage} onChange={(e) => setPerPage(Number(e.target.value))}>
          {[5, 10, 25].map((n) => <option key={n} value={n}>{n} per page</option>)}
        </select>
      </div>
      <table className="w-full border-collapse">
        <thead>
          <tr>
            {COLUMNS.map(({ key, label, align = "left" }) => (
              <th key={key} aria-sort={by === key ? (up ? "ascending" : "descending") : "none"} style={{ textAlign: align, borderBottom: "2px solid #334155" }}>
                <button data-sort={key} onClick={() => setOrder({ by: key, up: by === key ? !up : true })}>
                  {label} {by === key && (up ? "▲" : "▼")}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((person) => (
            <tr key={person.id} className="odd:bg-slate-100">
              {COLUMNS.map(({ key, align, show = String }) => <td key={key} style={{ textAlign: align }}>{show(person[key])}</td>)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr><td colSpan={4}>{found.length} people</td><td style={{ textAlign: "right" }}>{total.toLocaleString("en-US")}</td></tr>
        </tfoot>
      </table>
      <nav className="flex gap-2 mt-3">
        {Array.from({ length: pages }, (_, i) => (
          <button key={i} data-page={i + 1} disabled={i === current} onClick={() => setPage(i)}>{i + 1}</button>
        ))}
      </nav>
    </div>
  );
}
