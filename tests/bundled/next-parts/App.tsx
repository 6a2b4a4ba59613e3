"use client";

import dynamic from "next/dynamic";
import localFont from "next/font/local";
import Head from "next/head";
import Image from "next/image";
import Link from "next/link";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import Script from "next/script";
import { Analytics } from "@vercel/analytics/react";
import dot from "./dot.svg";

const hand = localFont({ src: "./none.woff2", variable: "--font-hand", weight: "500" });
const Part = dynamic(() => import("./Part").then((module) => module.Part), { loading: () => <p>…</p>, ssr: false });

export default function App() {
  const router = useRouter();
  const path = usePathname();
  const search = useSearchParams();
  return (
    <main className={hand.variable}>
      <Head>
        <title>Parts of Next</title>
      </Head>
      <Script id="greet">{`globalThis.greeted = true;`}</Script>
      <p id="path">{path} {search.get("q") ?? "nothing"}</p>
      <Link href={{ pathname: "/notes", query: { q: "tea" } }} className="link">notes</Link>
      <button onClick={() => router.push("/about?q=us")}>about</button>
      <div style={{ position: "relative", width: 60, height: 40 }}>
        <Image src={dot} alt="a dot" fill priority />
      </div>
      <Image id="sized" src="/dot.svg" alt="" width={16} height={16} />
      <p id="font" style={hand.style}>{hand.style.fontWeight}</p>
      <Part />
      <Analytics />
    </main>
  );
}
