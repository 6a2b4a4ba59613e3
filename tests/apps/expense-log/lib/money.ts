import type { Expense } from "../types.js";

const format = new Intl.NumberFormat("en", { minimumFractionDigits: 2 });

export const sum = (items: Pick<Expense, "cents">[]): string => format.format(items.reduce((n, { cents }) => n + cents, 0) / 100);

export function groupBy<T, K>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const k = key(item);
    if (!groups.has(k)) groups.set(k, []);
    groups.get(k)!.push(item);
  }
  return groups;
}
