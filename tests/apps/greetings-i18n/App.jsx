import { createContext, use, useState, useTransition, Suspense } from "react";
import en from "./locales/en.json";

const LANGUAGES = {
  en: { label: "English", load: async () => ({ default: en }) },
  de: { label: "Deutsch", load: () => import("./locales/de.json") },
  fr: { label: "Français", load: () => import("./locales/fr.js") },
  ar: { label: "العربية", load: () => import("./locales/ar"), dir: "rtl" },
};

const cache = new Map();
const loadMessages = (lang) => {
  if (!cache.has(lang)) cache.set(lang, LANGUAGES[lang].load().then((module) => module.default));
  return cache.get(lang);
};

const Messages = createContext({});

function T({ id, ...values }) {
  const messages = use(Messages);
  const text = messages[id] ?? id;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? `{${name}}`);
}

function Page({ lang, name }) {
  const messages = use(loadMessages(lang));
  const plural = new Intl.PluralRules(lang).select(name.length);
  return (
    <Messages value={messages}>
      <article dir={LANGUAGES[lang].dir ?? "ltr"} lang={lang} className="p-6 rounded-xl bg-sky-50">
        <h1 className="text-3xl"><T id="hello" name={name || "…"} /></h1>
        <p id="letters"><T id={`letters.${plural}`} n={new Intl.NumberFormat(lang).format(name.length)} /></p>
        <p id="today">{new Intl.DateTimeFormat(lang, { dateStyle: "full", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 6, 14)))}</p>
      </article>
    </Messages>
  );
}

export default function App() {
  const [lang, setLang] = useState("en");
  const [name, setName] = useState("Ada");
  const [isPending, startTransition] = useTransition();

  return (
    <main className="max-w-lg mx-auto p-8" aria-busy={isPending}>
      <div className="flex gap-2 mb-4">
        {Object.entries(LANGUAGES).map(([code, { label }]) => (
          <button key={code} lang={code} disabled={code === lang} onClick={() => startTransition(() => setLang(code))}>
            {label}
          </button>
        ))}
      </div>
      <input value={name} onChange={(e) => setName(e.target.value)} />
      <Suspense fallback={<p>Loading…</p>}>
        <Page lang={lang} name={name} />
      </Suspense>
    </main>
  );
}
