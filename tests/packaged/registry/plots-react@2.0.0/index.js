import { createElement } from "react";
import { draw } from "plots/core";
export default function Plot({ kind }) {
  return createElement("p", { id: kind }, draw(kind));
}
