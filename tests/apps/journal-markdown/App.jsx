import { useState } from "react";
import ReactMarkdown from "react-markdown";
import { NotebookPen, Eye, Trash2 } from "lucide-react";
import clsx from "clsx";

const FIRST = `# Tuesday

Planted **three** rows of _peas_:

1. early
2. late
3. \`unknown\`

> They were in the drawer.

[More](https://example.org)`;

const components = {
  h1: ({ children }) => <h1 className="text-3xl font-serif border-b">{children}</h1>,
  a: ({ href, children }) => <a href={href} rel="noreferrer" className="text-emerald-700 underline">{children} ↗</a>,
};

export default function Journal() {
  const [text, setText] = useState(FIRST);
  const [isEditing, setIsEditing] = useState(false);
  return (
    <div className={clsx("min-h-screen p-8", isEditing ? "bg-amber-50" : "bg-white", { empty: !text })}>
      <div className="flex gap-2 mb-4">
        <button id="mode" onClick={() => setIsEditing(!isEditing)}>
          {isEditing ? <Eye size={20} /> : <NotebookPen size={20} />} {isEditing ? "Read" : "Write"}
        </button>
        <button id="clear" onClick={() => setText("")} aria-label="Clear"><Trash2 className="text-red-600" /></button>
      </div>
      {isEditing ? (
        <textarea value={text} onChange={(e) => setText(e.target.value)} rows={14} className="w-full font-mono" />
      ) : (
        <article><ReactMarkdown components={components}>{text}</ReactMarkdown></article>
      )}
    </div>
  );
}
