import { BASE } from './a.js';

const at = BASE + 1; //!
export const double = (n) => n * at;
