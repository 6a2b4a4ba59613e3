export const title = "Page Two";

export default () => <h1>{title}</h1>;
