"use client";

import { usePathname } from "next/navigation";

export default function About() {
  return <p id="about">About {usePathname()}</p>;
}
