import { useRef, type FormEvent } from "react";
import { CATEGORIES, isCategory, type Expense } from "../types";

type Props = { onAdd(expense: Expense): void };

export function ExpenseForm({ onAdd }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const category = String(data.get("category"));
    if (!isCategory(category)) return;
    onAdd({ id: crypto.randomUUID(), what: data.get("what") as string, cents: Math.round(Number(data.get("amount")) * 100), category });
    form.current?.reset();
  };
  return (
    <form ref={form} onSubmit={submit}>
      <input name="what" placeholder="What" required />
      <input name="amount" placeholder="0.00" required />
      <select name="category">{CATEGORIES.map((c) => <option key={c}>{c}</option>)}</select>
      <button>Add</button>
    </form>
  );
}
