export default class Clock extends React.Component {
  state = { ticks: 3 };

  render() {
    return <p id="clock">{this.props.label} {this.state.ticks}</p>;
  }
}
