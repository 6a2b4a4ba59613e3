import { useEffect } from "react";

export default function App() {
  useEffect(() => {
    document.querySelector("#1 >").focus(); //!
  }, []);
  return <p>hello</p>;
}
