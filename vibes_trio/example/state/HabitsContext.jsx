import { createContext, useContext, useEffect, useReducer } from "react";
import { habitsReducer, SEEDS } from "./habits";

const KEY = "habit-garden";
const HabitsContext = createContext(null);

function load() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? SEEDS;
  } catch {
    return SEEDS;
  }
}

export function HabitsProvider({ children }) {
  const [habits, dispatch] = useReducer(habitsReducer, null, load);

  useEffect(() => {
    localStorage.setItem(KEY, JSON.stringify(habits));
  }, [habits]);

  return <HabitsContext.Provider value={{ habits, dispatch }}>{children}</HabitsContext.Provider>;
}

export function useHabits() {
  return useContext(HabitsContext);
}
