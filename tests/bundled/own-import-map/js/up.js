import { count } from "mine/store.js";

export const up = () => count.value++;
