// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import { useLayoutEffect } from 'react';

export default function App() {
  const [n, setN] = useState(0);
  useLayoutEffect(() => {
    setN(n + 1); //!
  });
  return <p>{n}</p>;
}
