import card from "./Card.module.scss";
import lined from "./styles/lined.module.sass";
import text from "./styles/text.scss?inline";

export default function App() {
  return (
    <main className="page">
      <h1 className="title">Sass</h1>
      <section id="card" className={card.card}>
        <p className={card.title}>A card</p>
        <output id="exported">{card.accent}</output>
      </section>
      <p id="lined" className={lined.note}>Indented</p>
      <p id="below" className="below">From CSS</p>
      <p id="linked" className="linked">Linked by the page</p>
      <i id="picture" className="picture" />
      <b className="mb-2" />
      <code id="text">{text.includes("nested .deep") ? "nested" : text}</code>
    </main>
  );
}
