export default (name) => `${name} by css-engine 11`;
