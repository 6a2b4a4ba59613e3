const FRACTIONS = { 0.25: "¼", 0.333: "⅓", 0.5: "½", 0.75: "¾" };

export function scale(amount, factor) {
  const scaled = +(amount * factor).toFixed(3);
  return FRACTIONS[scaled] ?? String(scaled);
}
