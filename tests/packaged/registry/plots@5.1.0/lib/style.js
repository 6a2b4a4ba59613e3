export { Style } from "./state.js";
export { default as Circle } from "./style/Circle.js";
