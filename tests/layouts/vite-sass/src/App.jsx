import { Link, Route, Routes } from "react-router-dom";
import { format } from "date-fns";
import leaf from "@/assets/leaf.svg";
import styles from "./App.module.scss";

export default function App() {
  return (
    <main className={styles.page}>
      <h1>{import.meta.env.VITE_TITLE}</h1>
      <nav>
        <Link to="/">Home</Link>
        <Link to="/about">About</Link>
      </nav>
      <img id="imported" src={leaf} alt="leaf" />
      <i className={styles.leaf} />
      <Routes>
        <Route path="/" element={<p id="day">{format(new Date(2024, 2, 1), "PPP")}</p>} />
        <Route path="/about" element={<p id="about">About this</p>} />
      </Routes>
    </main>
  );
}
