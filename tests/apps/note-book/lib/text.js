export const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
export const firstLine = (text) => text.split(/\r?\n/)[0].trim() || "Untitled";
export default { plural, firstLine };
