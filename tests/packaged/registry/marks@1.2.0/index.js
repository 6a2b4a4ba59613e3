import { createElement } from "react";
export const Mail = () => createElement("i", { className: "mark" }, "new mail");
