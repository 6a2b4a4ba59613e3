import Link from "next/link";
import { cookies } from "next/headers"; //!

export default function App() {
  return <Link href="/">{String(cookies)}</Link>;
}
