// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import { createRoot } from 'react-dom/client';

const App = () => <p>hi</p>;

createRoot(document.getElementById('no-such')).render(<App />); //!
