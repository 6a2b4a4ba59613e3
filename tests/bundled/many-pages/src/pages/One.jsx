export const title = "Page One";

export default () => <h1>{title}</h1>;
