export { default as times } from "https://esm.sh/lodash@4.17.21/multiply";
import { times } from "./times.js";

export const twice = (n) => times(2, n);
