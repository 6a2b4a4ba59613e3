import { createElement } from "react";
export const Drag = ({ children }) => createElement("div", { id: "drag" }, children);
