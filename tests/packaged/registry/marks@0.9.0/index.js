import { createElement } from "react";
const mark = (name) => () => createElement("i", { className: "mark" }, name);
export const Github = mark("github"), Mail = mark("mail");
