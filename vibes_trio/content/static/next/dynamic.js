// next/dynamic: a part that is loaded when it is first shown.
import { Suspense, createElement, lazy } from "react";

export default function dynamic(given, more) {
  const { loader = given, loading } = { ...(typeof given === "function" ? {} : given), ...more };
  const load = typeof loader === "function" ? loader : () => loader;
  const Part = lazy(async () => {
    const loaded = await load();
    return { default: loaded?.default ?? loaded };
  });
  return function Dynamic(props) {
    const fallback = loading ? createElement(loading, { isLoading: true, pastDelay: true, error: null }) : null;
    return createElement(Suspense, { fallback }, createElement(Part, props));
  };
}
