import styles from "./App.module.css";
import { count, sum } from "./lib/numbers"; //!

export default function App() {
  return <p className={styles.big}>{count([1])} {sum([1])}</p>;
}
