import Tree from "./Tree";

const byKind = (a, b) => Boolean(b.children) - Boolean(a.children) || a.name.localeCompare(b.name);

export default function Branch({ nodes, path, ...rest }) {
  return [...nodes].sort(byKind).map((node) => <Tree key={node.name} node={node} path={`${path}/${node.name}`} {...rest} />);
}
