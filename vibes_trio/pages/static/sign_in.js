// Takes the code out of the address, where nobody sees it but this page, and hands it in.

const form = document.getElementById("by-code");
const code = decodeURIComponent(location.hash.slice(1));
if (code) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.code.value = code;
  if ("atOnce" in form.dataset) form.requestSubmit();
  else document.getElementById("from-elsewhere")?.removeAttribute("hidden");
}
