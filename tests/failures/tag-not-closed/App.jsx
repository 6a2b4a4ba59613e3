// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

export default () => (
  <div>
    <p>
  </div> //!
);
