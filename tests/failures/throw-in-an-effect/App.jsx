// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default function App() {
  const [rows, setRows] = useState(null);

  useEffect(() => {
    // rows is not there yet
    setRows(rows.map((row) => row * 2)); //!
  }, []);

  return <ul>{(rows ?? []).map((row) => <li key={row}>{row}</li>)}</ul>;
}
