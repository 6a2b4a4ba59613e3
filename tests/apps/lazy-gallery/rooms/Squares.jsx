import palette from "./palette.json";

export default class extends React.Component {
  render() {
    const { size } = this.props;
    return (
      <svg width={size} height={size} viewBox="0 0 100 100">
        {palette.map((fill, i) => (
          <rect key={fill} x={i * 10} y={i * 10} width={100 - i * 20} height={100 - i * 20} fill={fill} />
        ))}
      </svg>
    );
  }
}

import React from "react";
