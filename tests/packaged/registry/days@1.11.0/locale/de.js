!function (e, n) {
  "object" == typeof exports ? (module.exports = n(require("days"))) : n(e.days);
}(this, function (days) {
  days.locale("de", "heute");
});
