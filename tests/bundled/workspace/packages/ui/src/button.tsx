import { useState } from "react";
import words from "@acme/words";

export function Button({ label }: { label: string }) {
  const [count, setCount] = useState(0);
  return <button onClick={() => setCount(count + 1)}>{`${label} ${words.count} ${count}`}</button>;
}
