import React, { useState } from "react";
import { ImgGen } from "use-vibes";
import { useFireproof } from "use-fireproof";

export default function CardDesigner() {
  const { database, useLiveQuery } = useFireproof("cards");
  const { docs } = useLiveQuery("kind", { key: "card" });
  const [wish, setWish] = useState("");
  const [prompt, setPrompt] = useState("");

  const make = async () => {
    setPrompt(wish);
    await database.put({ kind: "card", wish });
  };

  return (
    <div className="p-6">
      <h1>Greeting cards</h1>
      <input value={wish} onChange={(e) => setWish(e.target.value)} placeholder="A hedgehog with balloons" />
      <button onClick={make} disabled={!wish}>Make it</button>
      {prompt && <ImgGen prompt={prompt} className="card rounded-xl" alt="Your card" />}
      <ol>{docs.map((card) => <li key={card._id}>{card.wish}</li>)}</ol>
    </div>
  );
}
