import leaf from "./leaf.svg";
import "./App.css";

function App() {
  return (
    <div className="App">
      <img id="imported" src={leaf} alt="" />
      <img id="public" src={process.env.PUBLIC_URL + "/leaf.svg"} alt="" />
      <p>12 seeds</p>
    </div>
  );
}

export default App;
