// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import logo from "./img/logo.svg"; //!

export default () => <img src={logo} />;
