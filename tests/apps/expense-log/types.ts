export const CATEGORIES = ["food", "travel", "home"] as const;
export type Category = (typeof CATEGORIES)[number];

export interface Expense {
  id: string;
  what: string;
  cents: number;
  category: Category;
}

export function isCategory(text: string): text is Category {
  return (CATEGORIES as readonly string[]).includes(text);
}
