"use client";
import Link from "next/link";

export default function Page() {
  return <Link href="/plants/fern?size=tall">fern</Link>;
}
