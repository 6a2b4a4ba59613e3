(function (global, factory) {
  if (typeof module === "object" && typeof module.exports === "object") module.exports = factory(global);
  else factory(global);
})(typeof window !== "undefined" ? window : this, function (window) {
  var $ = function (text) { return { text: text, __proto__: $.fn }; };
  $.fn = { upper: function () { return this.text.toUpperCase(); } };
  window.$select = $;
  return $;
});
