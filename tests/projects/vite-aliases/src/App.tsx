import { useState } from "react";
import { Button } from "@/components/ui/button";
import { label } from "~lib/words";

export default function App() {
  const [beds, setBeds] = useState<number>(3);
  return (
    <main>
      <img id="sun" src="/sun.svg" alt="sun" />
      <Button onClick={() => setBeds(beds + 1)}>{label(beds)}</Button>
    </main>
  );
}
