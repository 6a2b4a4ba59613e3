export const word = "no";
