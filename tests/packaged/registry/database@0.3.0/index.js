const isNode = typeof process === "object" && typeof process.versions === "object" && !!process.versions.node;
export const open = async () => {
  if (isNode) {
    const { createRequire } = await import("node:module");
    return createRequire(import.meta.url)("fs");
  }
  return "in the browser";
};
