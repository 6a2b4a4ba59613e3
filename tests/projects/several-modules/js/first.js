import { add } from "./all.js";
add("first");
