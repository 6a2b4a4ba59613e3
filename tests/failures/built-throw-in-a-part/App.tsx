import { useState } from "react";
import { Part } from "@/parts/Part";

const title: string = import.meta.env.VITE_TITLE ?? "Parts";

export default function App() {
  const [on] = useState(true);
  return (
    <main>
      <h1>{title}</h1>
      {on && <Part items={undefined} />}
    </main>
  );
}
