import React, { PureComponent } from "react";

class Digits extends PureComponent {
  static defaultProps = { length: 2, separator: ":" };

  static format(value, length) {
    return String(value).padStart(length, "0");
  }

  render() {
    const { minutes, seconds, length, separator } = this.props;
    return (
      <time dateTime={`PT${minutes}M${seconds}S`} style={{ fontSize: 96, fontVariantNumeric: "tabular-nums" }}>
        {this.constructor.format(minutes, length)}
        {separator}
        {this.constructor.format(seconds, length)}
      </time>
    );
  }
}

const TEAS = { Green: 120, Black: 240, Herbal: 480, Espresso: 1 };

class TeaTimer extends React.Component {
  constructor(props) {
    super(props);
    this.state = { tea: "Green", left: TEAS.Green, status: "idle", log: [] };
    this.tick = this.tick.bind(this);
  }

  componentDidMount() {
    this.setState({ log: ["mounted"] });
  }

  componentDidUpdate(_, before) {
    if (before.status !== this.state.status) {
      clearInterval(this.timer);
      if (this.state.status === "brewing") this.timer = setInterval(this.tick, 1000 / this.props.speed);
    }
  }

  componentWillUnmount() {
    clearInterval(this.timer);
  }

  shouldComponentUpdate(_, next) {
    return next !== this.state;
  }

  tick() {
    this.setState(({ left, log, tea }) =>
      left > 1 ? { left: left - 1 } : { left: 0, status: "ready", log: [...log, `${tea} is ready`] },
    );
  }

  choose(tea) {
    this.setState({ tea, left: TEAS[tea], status: "idle" });
  }

  render() {
    const { tea, left, status, log } = this.state;
    return (
      <div style={{ textAlign: "center", padding: 32, background: "#f0fdf4", minHeight: "100vh" }}>
        {Object.keys(TEAS).map(function (name) {
          return <button key={name} data-tea={name} onClick={() => this.choose(name)} disabled={name === tea}>{name}</button>;
        }, this)}
        <div><Digits minutes={Math.floor(left / 60)} seconds={left % 60} /></div>
        <button id="brew" onClick={() => this.setState({ status: status === "brewing" ? "idle" : "brewing" })}>
          {{ idle: "Brew", brewing: "Stop", ready: "☕ Enjoy!" }[status]}
        </button>
        <ul id="log">{log.map((line, i) => <li key={i}>{line}</li>)}</ul>
      </div>
    );
  }
}

TeaTimer.defaultProps = { speed: 4 };

module: {
  // a label and a block, which nobody needs, but models do write such things
}

export default class App extends React.Component {
  render = () => <TeaTimer speed={20} />;
}
