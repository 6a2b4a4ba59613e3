import React, { forwardRef, useImperativeHandle, useRef, useState, useSyncExternalStore } from "react";

// A tiny store outside React.
function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get: () => state,
    set(update) {
      state = typeof update === "function" ? update(state) : update;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const reviews = createStore([
  { id: 1, who: "M.", stars: 5, text: "Crunchy!" },
  { id: 2, who: "J.", stars: 3, text: "Fine, if a bit salty." },
]);

const useReviews = () => useSyncExternalStore(reviews.subscribe, reviews.get);

const Star = ({ fill = 0, ...props }) => (
  <svg viewBox="0 0 24 24" width="28" height="28" {...props}>
    <path d="M12 2l3.1 6.3 6.9 1-5 4.9 1.2 6.8L12 17.8 5.8 21 7 14.2l-5-4.9 6.9-1z" fill={fill ? "#f59e0b" : "#e5e7eb"} />
  </svg>
);

const Stars = forwardRef(({ max = 5, onRate }, ref) => {
  const [rating, setRating] = useState(0);
  const [hover, setHover] = useState(0);
  useImperativeHandle(ref, () => ({ reset: () => setRating(0), get value() { return rating; } }));
  return (
    <div role="radiogroup" onMouseLeave={() => setHover(0)}>
      {Array.from({ length: max }, (_, i) => i + 1).map((n) => (
        <Star key={n} role="radio" aria-checked={rating === n} data-star={n} fill={n <= (hover || rating) ? 1 : 0} onMouseEnter={() => setHover(n)} onClick={() => { setRating(n); onRate?.(n); }} />
      ))}
    </div>
  );
});

function Average() {
  const list = useReviews();
  const mean = list.reduce((sum, { stars }) => sum + stars, 0) / list.length;
  return <h1>Crisps: <span id="mean">{mean.toFixed(2)}</span> ★ ({list.length})</h1>;
}

function ReviewForm() {
  const stars = useRef(null);
  const text = useRef(null);
  const [error, setError] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!stars.current.value) return setError("Pick some stars first.");
        reviews.set((list) => [{ id: list.length + 1, who: "You", stars: stars.current.value, text: text.current.value }, ...list]);
        stars.current.reset();
        text.current.value = "";
        setError("");
      }}
    >
      <Stars ref={stars} />
      <textarea ref={text} defaultValue="" placeholder="Your words" />
      <button>Send</button> {error && <em role="alert">{error}</em>}
    </form>
  );
}

const App = () => (
  <div style={{ maxWidth: 420, margin: "2rem auto", fontFamily: "Verdana, sans-serif" }}>
    <Average />
    <ReviewForm />
    <List />
  </div>
);

function List() {
  return useReviews().map(({ id, who, stars, text }) => (
    <blockquote key={id} style={{ borderLeft: "4px solid #f59e0b", margin: "12px 0", paddingLeft: 12 }}>
      <b>{"★".repeat(stars)}</b> {text} <cite>– {who}</cite>
    </blockquote>
  ));
}

export default React.memo(App);
