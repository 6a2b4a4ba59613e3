import "./index.css";
import styles from "./Badge.module.css";

export default function App() {
  return (
    <main className="p-4">
      <h1 className="text-mint">Four</h1>
      <p id="utility" className="tab-4">utility</p>
      <p id="badge" className={styles.badge}>badge</p>
      <p id="variant" className="theme-midnight:text-mint" data-theme="midnight">variant</p>
    </main>
  );
}
