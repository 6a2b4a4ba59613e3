import { createRoot } from "react-dom/client";
import App from "./App";
import "./styles/main.scss";
import "./styles/plain.css";

createRoot(document.getElementById("root")).render(<App />);
