import { add } from "./all.js";
const word: string = "second";
add(word);
