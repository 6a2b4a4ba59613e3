// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

class Deep extends React.Component {
  state = { n: 1 };

  componentDidMount() {
    throw new Error('at the bottom'); //!
  }

  render() {
    return <b>{this.state.n}</b>;
  }
}

export default () => <Deep />;
