import { useEffect, useState } from "react";

export default function App() {
  const [said, say] = useState("");
  useEffect(() => {
    const told = ({ scope }) => `for ${new URL(scope).pathname}`;
    navigator.serviceWorker.register("/sw.js").then(told, (error) => error.message).then(say);
  }, []);
  return <p id="said">{said}</p>;
}
