import { DAYS, longestRun } from "../lib/week";
import { useHabits } from "../state/HabitsContext";

export default function HabitRow({ habit }) {
  const { dispatch } = useHabits();
  const run = longestRun(habit.done);

  return (
    <article className="row" style={{ "--colour": habit.colour }}>
      <div className="name">
        <strong>{habit.name}</strong>
        <small>{run > 1 ? `${run} days in a row` : run === 1 ? "a first step" : "not yet this week"}</small>
      </div>
      <div className="days">
        {DAYS.map((day, index) => (
          <button
            key={day}
            type="button"
            className={habit.done[index] ? "day done" : "day"}
            aria-pressed={habit.done[index]}
            aria-label={`${habit.name}, ${day}`}
            onClick={() => dispatch({ type: "toggle", id: habit.id, day: index })}
          >
            {day[0]}
          </button>
        ))}
      </div>
      <button
        type="button"
        className="remove"
        aria-label={`Remove ${habit.name}`}
        onClick={() => dispatch({ type: "remove", id: habit.id })}
      >
        ×
      </button>
    </article>
  );
}
