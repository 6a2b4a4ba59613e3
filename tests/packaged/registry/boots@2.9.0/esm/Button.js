import { createElement } from "react";
export default function Button({ children }) {
  return createElement("button", { className: "btn" }, children);
}
