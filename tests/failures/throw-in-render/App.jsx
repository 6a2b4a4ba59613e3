// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default function App({ user }) {

  const [on] = useState(true);

  // greet
  return (
    <section>
      <h1>{on ? 'Hi' : null}</h1>
      <p>{user.name}</p> {//!
      }
    </section>
  );
}
