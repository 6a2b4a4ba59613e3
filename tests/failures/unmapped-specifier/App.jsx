// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import x from "no-such-package"; //!

export default () => <p>{x}</p>;
