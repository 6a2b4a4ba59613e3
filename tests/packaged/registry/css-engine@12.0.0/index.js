export default (name) => `${name} by css-engine 12`;
