// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

const App = () => <p>hi</p>;

export default <App />; //!
