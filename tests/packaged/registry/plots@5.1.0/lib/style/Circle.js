import { Style } from "../state.js";
export default class Circle extends Style {}
