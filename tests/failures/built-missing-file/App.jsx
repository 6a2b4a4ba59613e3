import { useState } from "react";
import Part from "@/parts/Nowhere"; //!

export default function App() {
  const [mode] = useState(import.meta.env.MODE);
  return <Part mode={mode} />;
}
