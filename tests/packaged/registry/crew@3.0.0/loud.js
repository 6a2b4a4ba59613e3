export const loud = (text) => `${text}!`;
