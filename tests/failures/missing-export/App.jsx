// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import { format } from "./lib/numbers";
import { round } from "./lib/numbers"; //!

export default () => <p>{format(round(1.5))}</p>;
