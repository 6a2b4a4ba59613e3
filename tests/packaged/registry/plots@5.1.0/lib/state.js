export const kinds = new Set();
export const use = (...all) => all.forEach((one) => kinds.add(one));
export class Style {}
