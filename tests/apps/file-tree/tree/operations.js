import { descendants } from "./walk.js";

export function find(root, path) {
  const [, ...names] = path.split("/");
  return names.reduce((node, name) => node?.children?.find((child) => child.name === name), root);
}

export function insert(node, path, file) {
  const [, next, ...rest] = path.split("/");
  if (next === undefined) return node.children ? { ...node, children: [...node.children, file] } : node;
  return { ...node, children: node.children?.map((c) => (c.name === next ? insert(c, [next, ...rest].join("/"), file) : c)) };
}

export const count = (root, path) => [...descendants(find(root, path))].length;
