// An app that routes is shown at paths without its release (see address.js). Where no release has them, reload and back
// lead here: to the release that this tab showed.
try {
  const release = sessionStorage.getItem("vibes-release");
  if (release) location.replace(release.slice(0, -1) + location.pathname + location.search + location.hash);
} catch {
  // no storage: then this page is the answer
}
