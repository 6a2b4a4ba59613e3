
import "./more";
export default () => <p />;
