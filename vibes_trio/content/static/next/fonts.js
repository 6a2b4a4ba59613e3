// What next/font gives: class names and a style that name a font.
let last = 0;

function put(text) {
  const style = document.createElement("style");
  style.textContent = text;
  document.head.append(style);
}

export function describeFont(family, { weight, style, variable, fallback = ["sans-serif"] } = {}) {
  const number = ++last;
  const families = [`"${family}"`, ...fallback].join(", ");
  const one = (value) => (value && !Array.isArray(value) && /^(\d+|normal|italic)$/.test(value) ? value : undefined);
  const rules = [`font-family: ${families};`];
  if (one(weight)) rules.push(`font-weight: ${one(weight)};`);
  if (one(style)) rules.push(`font-style: ${one(style)};`);
  let text = `.vibes-font-${number} { ${rules.join(" ")} }`;
  if (/^--[\w-]+$/.test(variable ?? "")) text += ` .vibes-font-${number}-variable { ${variable}: ${families}; }`;
  put(text);
  return {
    className: `vibes-font-${number}`,
    variable: `vibes-font-${number}-variable`,
    style: { fontFamily: families, ...(one(weight) ? { fontWeight: Number(weight) } : {}) },
  };
}

export function googleFont(name) {
  return (options = {}) => {
    const family = name.replaceAll("_", " ");
    const weights = [options.weight ?? "variable"].flat();
    const italics = [options.style ?? "normal"].flat().includes("italic");
    const values = weights.includes("variable") ? ["100..900"] : [...weights].map(String).sort();
    const axes = italics
      ? `ital,wght@${[0, 1].flatMap((italic) => values.map((value) => `${italic},${value}`)).join(";")}`
      : `wght@${values.join(";")}`;
    const address = `https://fonts.googleapis.com/css2?family=${family.replaceAll(" ", "+")}:${axes}&display=swap`;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: address }));
    return describeFont(family, options);
  };
}

export function localFont(base) {
  return (options) => {
    const family = `vibes-local-${++last}`;
    const sources = Array.isArray(options.src) ? options.src : [{ path: options.src }];
    for (const { path, weight = options.weight, style = options.style } of sources) {
      const descriptors = Object.fromEntries(Object.entries({ weight, style, display: "swap" }).filter(([, value]) => value));
      const face = new FontFace(family, `url("${new URL(path, base).href}")`, descriptors);
      document.fonts.add(face);
    }
    return describeFont(family, options);
  };
}
