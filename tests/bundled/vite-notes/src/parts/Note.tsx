import type { Entry } from "../types";
import styles from "./Note.module.css";

export function Note({ entry }: { entry: Entry }) {
  return <p className={`note ${styles.board}`}>{entry.text}</p>;
}
