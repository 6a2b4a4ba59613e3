import { apiUrl } from "./settings.js";

const all = Object.entries(import.meta.env);

export default function App() {
  const name = "VITE_COLOUR";
  return (
    <dl>
      <dt>url</dt>
      <dd id="url">{apiUrl}</dd>
      <dt>by a name that is put together</dt>
      <dd id="computed">{import.meta.env[name]}</dd>
      <dt>node</dt>
      <dd id="node">{process.env.REACT_APP_SITE} {process.env.NODE_ENV} {String(process.env.HOME)}</dd>
      <dt>next</dt>
      <dd id="next">{process.env.NEXT_PUBLIC_PLAN}</dd>
      <dt>optional</dt>
      <dd id="optional">{String(import.meta.env?.VITE_MISSING)} {String(import.meta?.env?.PROD)}</dd>
      <dt>how many</dt>
      <dd id="count">{all.length >= 9 ? "enough" : all.length}</dd>
    </dl>
  );
}
