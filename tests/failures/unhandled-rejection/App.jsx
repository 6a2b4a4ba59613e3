// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

async function load() {
  await null;
  throw new Error('no forecast'); //!
}

export default function App() {
  useEffect(() => {
    load();
  }, []);
  return <p>wait</p>;
}
