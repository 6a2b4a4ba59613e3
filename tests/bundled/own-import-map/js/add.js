import { count } from "./store.js";

export const add = () => count.value++;
