export default function App() {
  return <h1>Front</h1>;
}
