import ReactDOM from "react-dom";

const App = () => <p>hello</p>;

ReactDOM.render(<App />, document.getElementById("root")); //!
