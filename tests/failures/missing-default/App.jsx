// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";


import Part from "./parts/Part"; //!

export default () => <Part />;
