import Nav from "./parts/navbar";
import dot from "./Dot.svg";

export default function App() {
  return <main><Nav /><img id="dot" src={dot} /></main>;
}
