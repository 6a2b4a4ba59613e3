import "../state.js";
export const Bar = "bar";
