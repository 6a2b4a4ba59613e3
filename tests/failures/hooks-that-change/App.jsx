// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default function App() {
  const [on, setOn] = useState(false);
  if (on) {
    useEffect(() => {}); //!
  }
  return <button onClick={() => setOn(true)}>on</button>;
}
