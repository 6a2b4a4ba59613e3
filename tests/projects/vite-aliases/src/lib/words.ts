export const label = (beds: number) => `beds: ${beds}`;
