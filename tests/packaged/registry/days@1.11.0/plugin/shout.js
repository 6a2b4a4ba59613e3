!function (t, e) {
  "object" == typeof exports && "undefined" != typeof module ? (module.exports = e()) : (t.shout = e());
}(this, function () {
  return function (days) { days.shout = function () { return days().toUpperCase(); }; };
});
