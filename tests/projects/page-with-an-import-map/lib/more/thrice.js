export const thrice = (n) => 3 * n;
