import { useState } from "react";

export function Garden() {
  const [beds] = useState(3);
  return <p>garden {beds}</p>;
}
