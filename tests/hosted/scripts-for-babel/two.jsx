import React from "react";
import { createRoot } from "react-dom/client";

const Counter = () => <p id="version">{React.version.split(".")[0]}</p>;
createRoot(document.getElementById("two")).render(<Counter />);
