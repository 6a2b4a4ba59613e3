import { useActionState, useOptimistic, useState, use, Suspense, useRef } from "react";
import { useFormStatus } from "react-dom";

// Pretends to be a server: slow, and it refuses pineapple.
const server = {
  votes: { Soup: 2, Curry: 3, Pizza: 1 },
  async vote(dish) {
    await new Promise((r) => setTimeout(r, 60));
    if (/pineapple/i.test(dish)) throw new Error("The kitchen refuses.");
    this.votes = { ...this.votes, [dish]: (this.votes[dish] ?? 0) + 1 };
    return this.votes;
  },
};

const menuPromise = new Promise((resolve) => setTimeout(resolve, 20, Object.keys(server.votes)));

function Submit() {
  const { pending } = useFormStatus();
  return <button disabled={pending}>{pending ? "Sending…" : "Suggest"}</button>;
}

function Menu({ votes, onVote }) {
  const dishes = use(menuPromise);
  const all = [...new Set([...dishes, ...Object.keys(votes)])];
  const most = Math.max(1, ...Object.values(votes));
  return all.map((dish) => (
    <form key={dish} action={() => onVote(dish)}>
      <button data-dish={dish} style={{ width: 120 }}>{dish}</button>
      <meter min="0" max={most} value={votes[dish] ?? 0} /> <span data-votes={dish}>{votes[dish] ?? 0}</span>
    </form>
  ));
}

export default function LunchPoll() {
  const [votes, setVotes] = useState(server.votes);
  const [shown, addVote] = useOptimistic(votes, (now, dish) => ({ ...now, [dish]: (now[dish] ?? 0) + 1 }));
  const renders = useRef(0);
  renders.current++;

  const vote = async (dish) => {
    addVote(dish);
    setVotes(await server.vote(dish));
  };

  const [message, suggest] = useActionState(async (_, data) => {
    const dish = data.get("dish").trim();
    if (!dish) return "Suggest what?";
    try {
      setVotes(await server.vote(dish));
      return `Added ${dish}.`;
    } catch (error) {
      return error.message;
    }
  }, "");

  return (
    <div style={{ maxWidth: 400, margin: "2rem auto", fontFamily: "system-ui" }}>
      <title>Lunch poll</title>
      <h1>What&rsquo;s for lunch?</h1>
      <Suspense fallback={<p>Reading the menu…</p>}>
        <Menu votes={shown} onVote={vote} />
      </Suspense>
      <form action={suggest}>
        <input name="dish" placeholder="Something else" /> <Submit />
      </form>
      <p id="message">{message}</p>
    </div>
  );
}
