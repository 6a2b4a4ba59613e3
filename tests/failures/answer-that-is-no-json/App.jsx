// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default function App() {
  const [data, setData] = useState();
  useEffect(() => {
    (async () => {
      const answer = await fetch('./');
      setData(await answer.json()); //!
    })();
  }, []);
  return <p>{data}</p>;
}
