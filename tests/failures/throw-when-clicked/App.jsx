// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default function App() {
  const [count, setCount] = useState(0);
  return (
    <button
      className="p-2"
      onClick={() => {
        setCuont(count + 1); //!
      }}
    >
      {count}
    </button>
  );
}
