// next/navigation, as far as a browser goes.
import { useMemo, useSyncExternalStore } from "react";
import { listen, navigate, pathname } from "vibes-next:address";

const router = {
  push: (to, options) => navigate(to, options),
  replace: (to, options) => navigate(to, { ...options, replace: true }),
  back: () => history.back(),
  forward: () => history.forward(),
  refresh: () => dispatchEvent(new PopStateEvent("popstate", { state: history.state })),
  prefetch: () => {},
};

export const useRouter = () => router;
export const usePathname = () => useSyncExternalStore(listen, pathname, pathname);

export function useSearchParams() {
  const search = useSyncExternalStore(listen, () => location.search, () => "");
  return useMemo(() => new URLSearchParams(search), [search]);
}

// What next-app.js found in the address.
export function useParams() {
  usePathname();
  return globalThis.VIBES_NEXT_PARAMS ?? {};
}

export const useSelectedLayoutSegments = () => usePathname().split("/").filter(Boolean);
export const useSelectedLayoutSegment = () => useSelectedLayoutSegments()[0] ?? null;
export const useServerInsertedHTML = () => {};

export function notFound() {
  throw Object.assign(new Error("NEXT_NOT_FOUND"), { digest: "NEXT_NOT_FOUND" });
}

// While a component renders: what is shown waits until the page has changed.
export function redirect(to) {
  queueMicrotask(() => navigate(to, { replace: true }));
  throw new Promise(() => {});
}

export const permanentRedirect = redirect;
export const RedirectType = { push: "push", replace: "replace" };
export const ReadonlyURLSearchParams = URLSearchParams;
