import { Link } from "../router";

export default ({ what }) => (
  <div role="alert">
    <h1>404</h1>
    <p>There is no “{what}” here. <Link to="/">Back home</Link></p>
  </div>
);
