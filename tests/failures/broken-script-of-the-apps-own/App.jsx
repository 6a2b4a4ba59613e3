// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import { a } from "./lib/old.js";

export default () => <p>{a}</p>;
