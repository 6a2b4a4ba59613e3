import { createRoot } from "react-dom/client";
import { count } from "./js/store.js";
import { add } from "mine/add.js";
import { count as again } from "store";
import { up } from "#up";

add();
up();
createRoot(document.getElementById("root")).render(<p>{`${count.value} ${count === again}`}</p>);
