import Clock from "./parts/Clock";

const { useState } = React;

export default function App() {
  const [n, setN] = useState(1);
  return (
    <React.Fragment>
      <button onClick={() => setN(n + 1)}>{n}</button>
      <Clock label="ticks" />
      <p id="portal">{typeof ReactDOM.createPortal} {typeof ReactDOM.createRoot}</p>
    </React.Fragment>
  );
}
