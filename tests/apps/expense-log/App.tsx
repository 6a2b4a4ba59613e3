import { useMemo, useState } from "react";
import type { Category, Expense } from "./types";
import { CATEGORIES } from "./types";
import { ExpenseForm } from "./components/ExpenseForm";
import { sum, groupBy } from "./lib/money.js";

const first: Expense[] = [{ id: "a", what: "Bus", cents: 290, category: "travel" }];

export default function ExpenseLog() {
  const [expenses, setExpenses] = useState<Expense[]>(first);
  const [only, setOnly] = useState<Category | null>(null);
  const groups = useMemo(() => groupBy(expenses, (e) => e.category), [expenses]);
  const shown = only ? (groups.get(only) ?? []) : expenses;

  return (
    <div className="max-w-xl mx-auto p-6">
      <h1 className="text-2xl">Expenses</h1>
      <ExpenseForm onAdd={(expense) => setExpenses((list) => [...list, expense])} />
      <div className="flex gap-2">
        {CATEGORIES.map((category) => (
          <button key={category} data-category={category} onClick={() => setOnly(only === category ? null : category)}>
            {category}: {sum(groups.get(category) ?? [])}
          </button>
        ))}
      </div>
      <ul>{shown.map((e) => <li key={e.id}>{e.what} <b>{sum([e])}</b></li>)}</ul>
      <p id="total">Total {sum(expenses)}</p>
    </div>
  );
}
