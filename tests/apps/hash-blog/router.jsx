import { useSyncExternalStore } from "react";

const subscribe = (onChange) => {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
};

export const useHashRoute = () => useSyncExternalStore(subscribe, () => location.hash.slice(1) || "/");

export function Link({ to, children, ...rest }) {
  const isHere = useHashRoute() === to;
  return (
    <a href={"#" + to} aria-current={isHere ? "page" : undefined} style={{ fontWeight: isHere ? 700 : 400 }} {...rest}>
      {children}
    </a>
  );
}
