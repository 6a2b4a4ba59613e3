// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

function Clock() {
  useEffect(() => {
    return () => {
      throw new Error("can't stop"); //!
    };
  }, []);
  return <b>tick</b>;
}

export default function App() {
  const [on, setOn] = useState(true);
  return <><button onClick={() => setOn(false)}>stop</button>{on && <Clock />}</>;
}
