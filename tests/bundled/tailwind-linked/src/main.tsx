import { createRoot } from "react-dom/client";

createRoot(document.getElementById("root")!).render(<p className="box text-white">linked</p>);
