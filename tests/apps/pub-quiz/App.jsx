import React, { useState } from "react";

const QUESTIONS = [
  { q: "How many legs does a spider have?", options: ["6", "8", "10"], a: 1, why: "Insects have six; spiders aren't insects." },
  { q: "Which of these is a prime?", options: ["51", "57", "59"], a: 2, why: <>51 = 3 × 17 and 57 = 3 × 19</> },
  { q: "What does “piano” mean?", options: ["softly", "slowly", "sadly"], a: 0, why: <i>It was once called “pianoforte”.</i> },
];

const LETTERS = "ABC";

function Question({ item, onNext }) {
  const [chosen, setChosen] = useState(null);
  const isRight = chosen === item.a;
  return (
    <div>
      <h2 className="text-xl mb-4">{item.q}</h2>
      {item.options.map((text, i) => (
        <button
          key={text}
          data-option={LETTERS[i]}
          disabled={chosen !== null}
          onClick={() => setChosen(i)}
          className={`block w-full text-left p-3 mb-2 rounded border ${chosen !== null && i === item.a ? "bg-green-200" : i === chosen ? "bg-red-200" : "bg-white"}`}
        >
          {LETTERS[i]}. {text}
        </button>
      ))}
      {chosen === null ? null : (
        <React.Fragment>
          <p id="verdict">{isRight ? "✅ Right!" : "❌ Not quite."} {item.why}</p>
          <button id="next" onClick={() => onNext(isRight)}>Next</button>
        </React.Fragment>
      )}
    </div>
  );
}

export default function PubQuiz() {
  const [at, setAt] = useState(0);
  const [score, setScore] = useState(0);
  const [best, setBest] = useState(() => Number(sessionStorage.getItem("best") || 0));

  const handleNext = (isRight) => {
    const points = score + isRight;
    setScore(points);
    setAt(at + 1);
    if (at + 1 === QUESTIONS.length && points > best) {
      sessionStorage.setItem("best", points);
      setBest(points);
    }
  };

  const rating = (() => {
    switch (score) {
      case QUESTIONS.length: return "Perfect!";
      case 0: return "Oh dear.";
      default: return "Not bad.";
    }
  })();

  return (
    <div className="max-w-lg mx-auto p-8 bg-amber-50 min-h-screen">
      <div className="h-2 bg-amber-200 rounded mb-6"><div className="h-2 bg-amber-600 rounded" style={{ width: `${(at / QUESTIONS.length) * 100}%`, height: 8, background: "#d97706" }} /></div>
      {at < QUESTIONS.length
        ? <Question key={at} item={QUESTIONS[at]} onNext={handleNext} />
        : <div id="end">
            <h2>{rating}</h2>
            <p>You got {score} of {QUESTIONS.length}. Best so far: {best}</p>
            <button onClick={() => { setAt(0); setScore(0) }}>Play again</button>
          </div>}
    </div>
  );
}
