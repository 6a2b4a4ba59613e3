(function (root, factory) {
  if (typeof define === "function" && define.amd) define([], factory);
  else if (typeof exports === "object") module.exports = factory();
  else root.machine = factory();
})(this, function () {
  "use strict";
  var env = process.env.NODE_ENV;
  return { VERSION: "4.0.0 in " + env, where: typeof global === "object" ? "global" : "none" };
});
