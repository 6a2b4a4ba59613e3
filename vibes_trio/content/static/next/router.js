// next/router, of apps with a `pages` folder.
import { useMemo, useSyncExternalStore } from "react";
import { listen, navigate, pathname } from "vibes-next:address";

const events = { on() {}, off() {}, emit() {} };
const address = () => pathname() + location.search + location.hash;

function read() {
  const query = { ...Object.fromEntries(new URLSearchParams(location.search)), ...globalThis.VIBES_NEXT_PARAMS };
  const push = async (to, as, options) => (navigate(to, options), true);
  const replace = async (to, as, options) => (navigate(to, { ...options, replace: true }), true);
  return {
    route: pathname(),
    pathname: pathname(),
    asPath: address(),
    query,
    isReady: true,
    isFallback: false,
    basePath: "",
    push,
    replace,
    events,
    back: () => history.back(),
    forward: () => history.forward(),
    reload: () => location.reload(),
    prefetch: async () => {},
    beforePopState() {},
  };
}

export function useRouter() {
  const now = useSyncExternalStore(listen, address, address);
  return useMemo(read, [now]);
}

export const withRouter = (Inner) => (props) => Inner({ ...props, router: useRouter() });
export default new Proxy({}, { get: (_, name) => read()[name] });
