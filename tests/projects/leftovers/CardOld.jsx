export default function Card() {
  return <main>old card</main>;
}
