// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default function App() {
  const go = async () => {
    const page = await import("./pages/Gone.jsx"); //!
    page.default();
  };

  return <button onClick={go}>go</button>;
}
