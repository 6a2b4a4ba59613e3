"use strict";
exports.__esModule = true;
exports.default = void 0;
var react = require("react");
exports.default = ({ children }) => react.createElement("button", { className: "btn" }, children);
