// React's production build has no jsxDEV, and its development build would bring a second React. This is the same
// function over the production runtime.
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
export { Fragment };
export const jsxDEV = (type, props, key, isStatic) => (isStatic ? jsxs : jsx)(type, props, key);
