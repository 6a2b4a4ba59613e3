import React, { useState } from "https://esm.sh/react@18.3.1";
import { format } from "https://cdn.jsdelivr.net/npm/date-fns@3.6.0/+esm";
import { Heart } from "https://esm.sh/lucide-react@0.460.0?deps=react@18.3.1";
import confetti from "https://cdn.skypack.dev/canvas-confetti@1";
import clsx from "https://unpkg.com/clsx@2?module";
import { create } from "zustand";
import { useState as same } from "react";
import { twice } from "./lib/twice.js";

const useCount = create((set) => ({ n: 1, grow: () => set(({ n }) => ({ n: twice(n) })) }));

export default function App() {
  const [late, setLate] = useState("");
  const { n, grow } = useCount();
  const load = async () => {
    const { nanoid } = await import("https://esm.sh/stable/nanoid@5/es2022/nanoid.mjs");
    setLate(typeof nanoid());
    grow();
  };
  return (
    <main>
      <button className={clsx("a", { b: true })} onClick={load}>n {n} {late}</button>
      <p id="facts">{React.version} {String(useState === same)} {format(new Date(2020, 1, 3), "yyyy-MM-dd")} {typeof confetti}</p>
      <Heart />
    </main>
  );
}
