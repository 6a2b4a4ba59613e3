import { double } from './b.js';
export const BASE = 2;
export const twice = double(2);
