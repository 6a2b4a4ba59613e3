export default function Navbar() {
  return <b id="nav">nav</b>;
}
