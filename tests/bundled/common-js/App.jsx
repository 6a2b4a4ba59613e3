const React = require("react");
const { createRoot } = require("react-dom/client");
const settings = require("./settings.cjs");
const { shout } = require("./lib/shout");
const numbers = require("./numbers.json");

function App() {
  const [n, setN] = React.useState(numbers[0]);
  return (
    <main>
      <h1>{shout(settings.name)}</h1>
      <img id="dot" src={require("./dot.svg")} />
      <img id="default" src={require("./dot.svg").default} />
      <p id="root-is">{typeof createRoot}</p>
      <button onClick={() => setN(n + 1)}>{n}</button>
    </main>
  );
}

module.exports = App;
