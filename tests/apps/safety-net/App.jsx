import { Component, useState } from "react";

class ErrorBoundary extends Component {
  constructor(props) {
    super(props);
    this.state = { error: null };
  }

  static getDerivedStateFromError(error) {
    return { error };
  }

  componentDidCatch(error, info) {
    this.props.onError?.(error, info.componentStack);
  }

  render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div role="alert" style={{ background: "#fee2e2", padding: 16, borderRadius: 8 }}>
        <strong>Something went wrong here.</strong>
        <pre>{error.message}</pre>
        <button onClick={() => this.setState({ error: null })}>Try again</button>
      </div>
    );
  }
}

function Fragile({ name }) {
  const [broken, setBroken] = useState(false);
  if (broken) throw new RangeError(`${name} is broken`);
  return (
    <div data-vase={name} style={{ padding: 16 }}>
      🏺 {name} <button onClick={() => setBroken(true)}>Drop it</button>
    </div>
  );
}

export default function SafetyNet() {
  const [log, setLog] = useState([]);
  return (
    <div style={{ maxWidth: 480, margin: "2rem auto", fontFamily: "sans-serif" }}>
      <h1>Error boundaries</h1>
      {["Ming", "Delft"].map((name) => (
        <ErrorBoundary key={name} onError={(error) => setLog((list) => [...list, error.name])}>
          <Fragile name={name} />
        </ErrorBoundary>
      ))}
      <p id="log">{log.length ? `Caught: ${log.join(", ")}` : "All is well."}</p>
    </div>
  );
}
