import { useState } from "react";
import { render } from "react-dom"; //!

render(<p>{typeof useState}</p>, document.getElementById("root"));
