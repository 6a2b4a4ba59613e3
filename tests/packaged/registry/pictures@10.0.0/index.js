export const render = async (kind) => (await import(`./kinds-${kind}.js`)).draw();
export const late = async () => (await import("./late.js")).words;
