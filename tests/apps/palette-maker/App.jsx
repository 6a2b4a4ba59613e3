import { useCallback, useEffect, useState } from "react";

const hex = (n) => Math.round(n).toString(16).padStart(2, "0").toUpperCase();

function hslToHex(h, s, l) {
  const f = (n) => {
    const k = (n + h / 30) % 12;
    const a = s * Math.min(l, 1 - l);
    return hex(255 * (l - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return `#${f(0)}${f(8)}${f(4)}`;
}

const SCHEMES = {
  analogous: (h) => [-40, -20, 0, 20, 40].map((d) => h + d),
  triad: (h) => [0, 120, 240, 60, 180].map((d) => h + d),
  monochrome: (h) => Array(5).fill(h),
};

const paletteOf = (hue, scheme) =>
  SCHEMES[scheme](hue).map((h, i) => hslToHex(((h % 360) + 360) % 360, 0.65, scheme === "monochrome" ? 0.2 + i * 0.15 : 0.55));

const readable = (color) => {
  const [r, g, b] = color.match(/[0-9A-F]{2}/g).map((part) => parseInt(part, 16));
  return r * 0.299 + g * 0.587 + b * 0.114 > 150 ? "#000" : "#fff";
};

export default function PaletteMaker() {
  const [hue, setHue] = useState(200);
  const [scheme, setScheme] = useState("analogous");
  const [copied, setCopied] = useState("");
  const colors = paletteOf(hue, scheme);

  const copy = useCallback(async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(`Copied ${text}`);
    } catch {
      setCopied(`Could not copy ${text}`);
    }
  }, []);

  useEffect(() => {
    if (!copied) return;
    const id = setTimeout(setCopied, 5000, "");
    return () => clearTimeout(id);
  }, [copied]);

  return (
    <div className="h-screen flex flex-col" style={{ height: "100vh", display: "flex", flexDirection: "column" }}>
      <div className="flex flex-1" style={{ display: "flex", flex: 1 }}>
        {colors.map((color, i) => (
          <button key={i} data-color={color} onClick={() => copy(color)} style={{ background: color, color: readable(color), flex: 1, border: 0, font: "600 18px ui-monospace, monospace" }}>
            {color}
          </button>
        ))}
      </div>
      <div className="p-4 flex gap-4 items-center">
        <input type="range" max="359" value={hue} onChange={(e) => setHue(+e.target.value)} style={{ flex: 1 }} />
        {Object.keys(SCHEMES).map((name) => (
          <button key={name} data-scheme={name} aria-pressed={name === scheme} onClick={() => setScheme(name)}>{name}</button>
        ))}
        <output>{copied}</output>
      </div>
    </div>
  );
}
