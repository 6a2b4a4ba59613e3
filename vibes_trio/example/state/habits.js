import { DAYS } from "../lib/week.js";

export const COLOURS = ["#2f9e77", "#e2725b", "#5b7fe2", "#c99a2e", "#9b6bc9", "#3aa6b9"];

export const SEEDS = [
  { id: "water", name: "Water the plants", colour: COLOURS[0], done: [true, true, true, true, true, false, false] },
  { id: "read", name: "Read ten pages", colour: COLOURS[2], done: [true, false, true, true, false, false, false] },
  { id: "walk", name: "Walk before lunch", colour: COLOURS[1], done: [false, true, true, false, false, false, false] },
];

/** What happens to the list of habits; a pure function, so that it is easy to test. */
export function habitsReducer(habits, action) {
  switch (action.type) {
    case "toggle":
      return habits.map((habit) =>
        habit.id === action.id
          ? { ...habit, done: habit.done.map((done, day) => (day === action.day ? !done : done)) }
          : habit,
      );
    case "add":
      return [
        ...habits,
        {
          id: action.id,
          name: action.name,
          colour: COLOURS[habits.length % COLOURS.length],
          done: DAYS.map(() => false),
        },
      ];
    case "remove":
      return habits.filter((habit) => habit.id !== action.id);
    default:
      throw new Error(`unknown action: ${action.type}`);
  }
}

/** How much of the week is done, from 0 to 1. */
export function progress(habits) {
  const all = habits.flatMap((habit) => habit.done);
  return all.length ? all.filter(Boolean).length / all.length : 0;
}
