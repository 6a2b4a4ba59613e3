// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

import { lazy, Suspense } from 'react';
const Page = lazy(() => import('./pages/Gone')); //!

export default () => <Suspense fallback={<p>wait</p>}><Page /></Suspense>;
