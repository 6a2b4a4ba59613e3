/** @jsxImportSource react */
import React, { Fragment, createRef, forwardRef, memo, useRef } from "react";

const items = [<i key="1">a</i>, <i key="2">b</i>];
const Parts = { Line: ({ children }) => <u id="line">{children}</u> };
const Field = forwardRef(function Field(props, ref) {
  return <input ref={ref} {...props} />;
});
const Quiet = memo(() => <s>memo</s>);

class Old extends React.Component {
  static defaultProps = { who: "class" };
  input = createRef();

  render() {
    return <em ref={this.input}>{this.props.who}</em>;
  }
}

export default function App() {
  const ref = useRef(null);
  return (
    <>
      {/* a comment */}
      <p id="text">&copy;&nbsp;&mdash; &#x1F600; it&apos;s {"{braces}"} &lt;b&gt; {"\u00e9"}</p>
      <Parts.Line>{...items}</Parts.Line>
      <svg viewBox="0 0 1 1" xmlns:xlink="http://www.w3.org/1999/xlink"><use xlink:href="#a" /></svg>
      <Field ref={ref} data-x="1" aria-label='say "hi"' disabled />
      <Fragment><Quiet /><Old /></Fragment>
      <style>{`.none > b { color: red }`}</style>
      <label id="label" htmlFor="q" style={{ "--c": 1, WebkitTransform: "none" }}>several
        lines   of text {1}{" "}
        end</label>
      {false && <b id="never">no</b>}{null}
      <custom-part some-attribute="v"></custom-part>
    </>
  );
}
