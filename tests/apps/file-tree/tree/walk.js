import * as operations from "./operations.js"; // another circle, used late

export function* descendants(node) {
  for (const child of node?.children ?? []) {
    yield child;
    yield* descendants(child);
  }
}

export const exists = (root, path) => operations.find(root, path) !== undefined;
