import css from "css-engine";
export const panel = () => css("panel");
