import { lazy, Suspense } from "react";
import { Link, Route, Routes } from "react-router-dom";
import leaf from "@/assets/leaf.svg";
import { day } from "@/lib/dates";
import styles from "./App.module.css";

const About = lazy(() => import("@/pages/About"));

export default function App() {
  return (
    <main className={styles.page}>
      <h1 className="text-leaf text-3xl font-bold">{import.meta.env.VITE_TITLE}</h1>
      <nav className="flex gap-4">
        <Link to="/">Home</Link>
        <Link to="/about/me">About</Link>
      </nav>
      <img id="imported" src={leaf} alt="leaf" />
      <img id="public" src="/sun.svg" alt="sun" />
      <Suspense fallback="…">
        <Routes>
          <Route path="/" element={<p id="day">{day(2024, 2, 1)}</p>} />
          <Route path="/about/:who" element={<About />} />
        </Routes>
      </Suspense>
    </main>
  );
}
