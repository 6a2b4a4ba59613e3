// The address of a private app may carry what lets a browser in. It is handed to the server, which answers with a cookie;
// then the app is here. Elsewhere nothing happens, whether there is an app or not.
{
  const [, token] = /^#vibes-share=(\w+)$/.exec(location.hash) ?? [];
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    fetch("/~share", { method: "POST", body: token }).then(
      (reply) => reply.ok && location.reload(),
      () => {},
    );
  }
}
