import React, { useEffect, useState } from "react";

export default function App() { //!
  const [n, setN] = useState(0);
  useEffect(() => n);
  return <button onClick={() => setN(n + 1)}>{n}</button>;
}
