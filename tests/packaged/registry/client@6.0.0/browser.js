import agent from "#agent";
export const by = `browser, ${agent}`;
