// Opens a newer release of the app in place of this one, as soon as there is one. Pages of dev releases have it, and no
// others. It asks its own server, once the page is loaded, one question at a time, and only while somebody looks.
"use strict";
(() => {
  const PAUSE_MS = 1000;
  const release = document.currentScript.dataset.release; // "/~…~"
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  function open(newer) {
    const { pathname, search, hash } = location;
    const inside = pathname === release || pathname.startsWith(`${release}/`);
    location.replace(`/~${newer}~${inside ? pathname.slice(release.length) : pathname}${search}${hash}`);
  }

  async function watch() {
    for (;;) {
      if (document.hidden) {
        await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
        continue;
      }
      const asked = performance.now();
      try {
        const answer = await fetch(`${release}/~~releases~~/newer`, { cache: "no-store", priority: "low" });
        if (answer.status === 404) return; // it is no dev release any more
        const { fsId } = answer.ok ? await answer.json() : {};
        if (fsId) return open(fsId);
      } catch {
        // the server is starting anew, perhaps
      }
      await pause(Math.max(0, PAUSE_MS - (performance.now() - asked)));
    }
  }

  addEventListener("load", () => setTimeout(watch));
})();
