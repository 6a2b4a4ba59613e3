import { kinds } from "./lib/state.js";
export { use } from "./lib/state.js";
export const draw = (kind) => (kinds.has(kind) ? `${kind} of ${kinds.size}` : `no ${kind} among ${kinds.size}`);
