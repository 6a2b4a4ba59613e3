// Knows no module at all: it extends what the page has.
$select.fn.thrice = function () {
  return this.text + this.text + this.text;
};
