import { use } from "../state.js";
use("line");
export const Line = "line";
