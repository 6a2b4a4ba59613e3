// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import rows from "./data/rows.json";

export default () => <p>{rows.length}</p>;
