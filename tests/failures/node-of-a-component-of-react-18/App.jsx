import { Component } from "react";
import ReactDOM from "react-dom";

export default class App extends Component {
  componentDidMount() {
    ReactDOM.findDOMNode(this).focus(); //!
  }

  render() {
    return <button>press</button>;
  }
}
