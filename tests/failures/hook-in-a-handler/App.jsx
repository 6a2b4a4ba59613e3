// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default () => (
  <button
    onClick={() => {
      const [n] = useState(1); //!
      alert(n);
    }}
  >
    go
  </button>
);
