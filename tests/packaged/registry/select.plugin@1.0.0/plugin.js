(function (factory) {
  if (typeof exports === "object") factory(require("select"));
  else factory($select);
})(function ($) {
  $.fn.twice = function () { return this.text + this.text; };
});
