// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default () => (
  <button
    onClick={async () => {
      const { x } = await import("no-such-package"); //!
      x();
    }}
  >go</button>
);
