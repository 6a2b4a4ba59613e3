import { useDeferredValue, useMemo, useState } from "react";

const escapeHtml = (text) => text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }[c]));

const inline = (text) =>
  escapeHtml(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replace(/(?<![\w*])\*([^*\n]+)\*(?![\w*])/g, "<em>$1</em>")
    .replace(/\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g, '<a href="$2" rel="noreferrer">$1</a>');

function toHtml(markdown) {
  const blocks = markdown.replace(/\r\n?/g, "\n").split(/\n{2,}/);
  return blocks
    .map((block) => {
      const heading = /^(#{1,6})\s+(.+)$/.exec(block);
      if (heading) return `<h${heading[1].length}>${inline(heading[2])}</h${heading[1].length}>`;
      if (/^```/.test(block)) return `<pre>${escapeHtml(block.replace(/^```.*\n|\n?```$/g, ""))}</pre>`;
      if (/^[-*] /m.test(block)) return `<ul>${block.split("\n").map((line) => `<li>${inline(line.replace(/^[-*] /, ""))}</li>`).join("")}</ul>`;
      if (/^> /.test(block)) return `<blockquote>${inline(block.replace(/^> ?/gm, ""))}</blockquote>`;
      return `<p>${inline(block).replace(/\n/g, "<br>")}</p>`;
    })
    .join("\n");
}

const SAMPLE = `# Hello, *world*

A paragraph with **bold** text, \`code </b>\` and a [link](https://example.org/?a=1&b=2).

- one
- two <script>alert("no")</script>

> Quoth the raven

\`\`\`js
const x = \`\${1 + 1}\`; // {braces} & <tags>
\`\`\``;

export default function MarkdownPreview() {
  const [text, setText] = useState(SAMPLE);
  const deferred = useDeferredValue(text);
  const html = useMemo(() => toHtml(deferred), [deferred]);
  const words = text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;

  return (
    <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", height: "100vh", fontFamily: "system-ui" }}>
      <textarea value={text} onChange={(e) => setText(e.target.value)} style={{ padding: 16, font: "14px/1.6 monospace", border: 0, background: "#1e293b", color: "#e2e8f0", resize: "none" }} />
      <div style={{ padding: 16, overflow: "auto" }}>
        <article id="preview" dangerouslySetInnerHTML={{ __html: html }} />
        <hr />
        <small id="words">{words} words</small>
      </div>
    </div>
  );
}
