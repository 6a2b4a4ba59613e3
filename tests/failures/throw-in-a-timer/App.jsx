// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default function App() {
  useEffect(() => {
    const id = setTimeout(() => {
      throw new Error('too late'); //!
    }, 10);
    return () => clearTimeout(id);
  }, []);
  return <p>…</p>;
}
