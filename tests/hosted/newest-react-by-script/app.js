const e = React.createElement;

function App() {
  const [n, setN] = React.useState(0);
  return e("button", { onClick: () => setN(n + 1) }, `n ${n} of ${React.version.split(".")[0]}`);
}

ReactDOM.createRoot(document.getElementById("root")).render(e(App));
