import { useState, useMemo } from "react"

const FLAGS = [..."gimsu"]

function evaluate(source, flags, text) {
  if (!source) return { parts: [text], groups: [] }
  let regex
  try {
    regex = new RegExp(source, [...new Set(flags + "g")].join(""))
  } catch ({ message }) {
    return { error: message, parts: [text], groups: [] }
  }
  const parts = [], groups = []
  let last = 0
  for (const match of text.matchAll(regex)) {
    if (match[0] === "") continue
    parts.push(text.slice(last, match.index), <mark key={match.index}>{match[0]}</mark>)
    groups.push({ ...match.groups })
    last = match.index + match[0].length
    if (!flags.includes("g")) break
  }
  parts.push(text.slice(last))
  return { parts, groups }
}

const Chip = ({ on, children, ...rest }) => <button {...rest} aria-pressed={on} style={{ fontWeight: on ? 700 : 400, background: on ? "#fde047" : "#f1f5f9", border: 0, padding: "4px 10px", borderRadius: 99 }}>{children}</button>

export default () => {
  const [source, setSource] = useState("(?<year>\\d{4})-(?<month>\\d{2})")
  const [flags, setFlags] = useState("g")
  const [text, setText] = useState("Sown 2023-04, reaped 2023-09; sown again 2024-03.")
  const { parts, groups, error } = useMemo(() => evaluate(source, flags, text), [source, flags, text])
  const toggle = flag => setFlags(now => now.includes(flag) ? now.replace(flag, "") : now + flag)

  return <main style={{ maxWidth: 640, margin: "2rem auto", font: "16px/1.6 system-ui" }}>
    <h1>/regex/ tester</h1>
    <div>
      / <input id="source" value={source} onChange={e => setSource(e.target.value)} size={40} /> /
      {FLAGS.map(flag => <Chip key={flag} id={"flag-" + flag} on={flags.includes(flag)} onClick={() => toggle(flag)}>{flag}</Chip>)}
    </div>
    {error && <p role="alert" style={{ color: "crimson" }}>{error}</p>}
    <textarea value={text} onChange={e => setText(e.target.value)} rows={4} cols={70} />
    <p id="result">{parts}</p>
    {groups.length > 0 && <pre id="groups">{JSON.stringify(groups)}</pre>}
    <p>{
      // how many, in words
      groups.length === 0 ? "no matches"
        : groups.length === 1 ? "one match"
        : groups.length + " matches"
    }</p>
  </main>
}
