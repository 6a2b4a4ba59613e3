export function Part() {
  return <p id="part">late part</p>;
}
