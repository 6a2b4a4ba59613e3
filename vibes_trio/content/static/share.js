// The address of a private app may carry what lets a browser in, and where to go on. It is handed to the server, which
// answers with a cookie; then the app is here. Elsewhere nothing happens, whether there is an app or not.
{
  const [, token, to] = /^#vibes-share=(\w+)(?:&to=(.+))?$/.exec(location.hash) ?? [];
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    // Only to a path of this host: whatever stands there, it is put behind the host's own name.
    const next = to ? new URL(location.origin + "/" + decodeURIComponent(to).replace(/^[/\\]+/, "")) : location;
    const headers = self === top ? {} : { "x-vibes-framed": "1" };
    fetch("/~share", { method: "POST", body: token, headers }).then(
      (reply) => reply.ok && (to ? location.replace(next) : location.reload()),
      () => {},
    );
  }
}
