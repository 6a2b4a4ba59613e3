export const byTitle = (a, b) => a.title.localeCompare(b.title);
