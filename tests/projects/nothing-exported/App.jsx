import { useState } from "react";

function App() {
  const [n, setN] = useState(0);
  return <button onClick={() => setN(n + 1)}>n {n}</button>;
}
