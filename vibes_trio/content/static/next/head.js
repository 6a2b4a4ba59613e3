// next/head: its children stand in the head of the page.
import { Children, useEffect } from "react";
import { createPortal } from "react-dom";

function titleOf(children) {
  for (const child of Children.toArray(children)) {
    const inner = child.props?.children;
    if (child.type === "title") return Children.toArray(inner).join("");
    const found = typeof child.type === "symbol" ? titleOf(inner) : undefined; // a fragment
    if (found !== undefined) return found;
  }
  return undefined;
}

export default function Head({ children }) {
  const title = titleOf(children);
  useEffect(() => {
    // React 18 leaves a title behind the page's own, where it does not count.
    if (title !== undefined && document.title !== title) document.title = title;
  }, [title]);
  return createPortal(children, document.head);
}
