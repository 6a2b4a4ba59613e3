import leaf from "../images/leaf.svg";
import { useHabits } from "../state/HabitsContext.jsx";
import { progress } from "../state/habits.js";
import Ring from "./Ring";

export default function Header() {
  const { habits } = useHabits();
  const share = progress(habits);

  return (
    <header className="header">
      <img src={leaf} alt="" width="56" height="56" />
      <div>
        <h1>Habit garden</h1>
        <p>{share === 1 ? "Everything in bloom. Well done." : "A little every day. Click a day to tend it."}</p>
      </div>
      <Ring share={share} />
    </header>
  );
}
