(function (root, factory) {
  if (typeof module === "object" && module.exports) module.exports = factory();
  else root.hash = factory();
})(this, function () {
  var random = null;
  try { random = require("crypto")["randomBytes"]; } catch (e) {}
  return { hash: function (text) { return (random ? "node " : "") + text.length; } };
});
