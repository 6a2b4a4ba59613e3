import { HabitsProvider, useHabits } from "./state/HabitsContext";
import AddHabit from "./parts/AddHabit";
import HabitRow from "./parts/HabitRow.jsx";
import Header from "./parts/Header.jsx";
import "./style.css";

function Board() {
  const { habits } = useHabits();

  return (
    <main className="board">
      <Header />
      <section className="rows" aria-label="Your habits">
        {habits.map((habit) => (
          <HabitRow key={habit.id} habit={habit} />
        ))}
        {habits.length === 0 && <p className="empty">Nothing planted yet. Start with one small thing.</p>}
      </section>
      <AddHabit />
    </main>
  );
}

export default function App() {
  return (
    <HabitsProvider>
      <Board />
    </HabitsProvider>
  );
}
