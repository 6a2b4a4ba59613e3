const found: string[] = [];

/** What each registered class has, by the name it was registered under. */
export const names = new Map<string, string[]>();

export function property(options: { of: unknown }) {
  return (target: object, name: string, _place?: unknown) => {
    if (typeof target !== "object") throw new Error("Unsupported decorator location");
    if (options.of === Number) found.push(name);
  };
}

export function register(name: string) {
  return (of: unknown) => {
    names.set(name, found);
  };
}
