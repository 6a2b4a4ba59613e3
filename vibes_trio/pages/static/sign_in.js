// Takes the code out of the address, where nobody sees it but this page, and hands it in; or asks for a passkey.

const form = document.getElementById("by-code");
const code = decodeURIComponent(location.hash.slice(1));
if (code) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.code.value = code;
  if ("atOnce" in form.dataset) form.requestSubmit();
  else document.getElementById("from-elsewhere")?.removeAttribute("hidden");
}

const byKey = document.getElementById("by-passkey");
if (byKey && window.PublicKeyCredential?.parseRequestOptionsFromJSON && location.origin === byKey.dataset.origin) {
  byKey.hidden = false;
  byKey.addEventListener("submit", async (event) => {
    if (byKey.elements.passkey.value) return;
    event.preventDefault();
    try {
      const options = { challenge: byKey.dataset.challenge, rpId: location.hostname, userVerification: "required" };
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const made = await navigator.credentials.get({ publicKey });
      byKey.elements.passkey.value = JSON.stringify(made.toJSON());
      byKey.requestSubmit();
    } catch {
      document.getElementById("no-passkey").hidden = false; // they changed their mind, or have none
    }
  });
}
