(typeof self === "undefined" ? globalThis : self).sums = { version: "2.1.0", add: (a, b) => a + b };
