import "./styles/late.css";

export default () => <p id="late">late</p>;
