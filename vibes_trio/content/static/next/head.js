// next/head: its children stand in the head of the page.
import { createPortal } from "react-dom";

export default function Head({ children }) {
  return createPortal(children, document.head);
}
