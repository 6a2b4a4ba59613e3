import { produce } from "draft";
export const draft = (value) => produce(value);
