"use strict";
const { useState } = require("react");

exports.default = function App() {
  const [n, setN] = useState(1);
  return <button onClick={() => setN(n + 1)}>{n}</button>;
};
