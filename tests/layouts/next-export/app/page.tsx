"use client";

import { useState } from "react";
import Image from "next/image";
import { format } from "date-fns";
import { Button } from "@/components/ui/button";
import sun from "@/public/sun.svg";
import styles from "./page.module.css";

export default function Home() {
  const [n, setN] = useState(0);
  return (
    <main className={styles.page}>
      <h1 className="text-primary text-3xl">{process.env.NEXT_PUBLIC_TITLE}</h1>
      <p id="day">{format(new Date(2024, 2, 1), "PPP")}</p>
      <Image id="imported" src={sun} alt="sun" width={40} height={40} />
      <Image id="public" src="/sun.svg" alt="sun" width={40} height={40} />
      <Button onClick={() => setN(n + 1)}>n {n}</Button>
    </main>
  );
}
