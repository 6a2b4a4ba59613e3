/* A name that its package does not have: models make such names up. */
import { useState } from "react";
import {
  useEffect,
  useEventually, //!
} from "react";

export default function App() {
  const [on] = useState(false);
  useEffect(() => useEventually(on));
  return <p>{String(on)}</p>;
}
