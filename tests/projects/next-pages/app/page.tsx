"use client";

import { useState } from "react";
import { Pick } from "@/components/pick";

export default function Page() {
  const [picked, setPicked] = useState(0);
  return (
    <main>
      <h1>Harvest</h1>
      <Pick onClick={() => setPicked(picked + 1)}>picked {picked}</Pick>
    </main>
  );
}
