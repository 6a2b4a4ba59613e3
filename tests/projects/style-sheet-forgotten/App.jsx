import "./App.css";

export default function App() {
  return <h1>works</h1>;
}
