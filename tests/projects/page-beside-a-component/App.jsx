export default function App() {
  return <p>from {window.CONFIG.api}</p>;
}
