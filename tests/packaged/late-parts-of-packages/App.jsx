import { useEffect, useState } from "react";
import { late } from "pictures";
import formula from "formulas";
import "formulas/dist/formulas.css";

export default function App() {
  const [words, set] = useState("");
  useEffect(() => void late().then(set), []);
  return <main><p id="words">{words}</p><p className="formula" dangerouslySetInnerHTML={{ __html: formula("a") }} /></main>;
}
