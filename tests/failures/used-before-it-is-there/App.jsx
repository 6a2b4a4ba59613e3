// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import { twice } from "./lib/a.js";

export default () => <p>{twice}</p>;
