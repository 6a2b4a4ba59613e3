import { useEffect, useReducer, useState, type ReactNode } from "react";

type Level = 0 | 1 | 2 | 3;

interface Card {
  readonly id: number;
  front: string;
  back: string;
  level: Level;
}

type Action =
  | { type: "rate"; id: number; known: boolean }
  | { type: "add"; card: Omit<Card, "id" | "level"> }
  | { type: "reset" };

enum Side {
  Front,
  Back,
}

const START: Card[] = [
  { id: 1, front: "la manzana", back: "the apple", level: 0 },
  { id: 2, front: "el puente", back: "the bridge", level: 0 },
];

const clamp = (n: number): Level => Math.max(0, Math.min(3, n)) as Level;

function reducer(cards: Card[], action: Action): Card[] {
  switch (action.type) {
    case "rate":
      return cards.map((card) => (card.id === action.id ? { ...card, level: clamp(card.level + (action.known ? 1 : -1)) } : card));
    case "add":
      return [...cards, { ...action.card, id: cards.length + 1, level: 0 as const }];
    case "reset":
      return START;
    default: {
      const impossible: never = action;
      return impossible;
    }
  }
}

function useSaved<T>(key: string, value: T): void {
  useEffect(() => {
    localStorage.setItem(key, JSON.stringify(value));
  }, [key, value]);
}

const pick = <T extends { level: number }>(items: readonly T[]): T | undefined =>
  [...items].sort((a, b) => a.level - b.level)[0];

const Panel = ({ children, wide = false }: { children: ReactNode; wide?: boolean }) => (
  <div style={{ maxWidth: wide ? 640 : 420, margin: "2rem auto", padding: 24, borderRadius: 16, background: "#ecfeff", textAlign: "center" }}>{children}</div>
);

export default function FlashCards(): JSX.Element {
  const [cards, dispatch] = useReducer(reducer, null, () => JSON.parse(localStorage.getItem("cards") ?? "null") ?? START);
  const [side, setSide] = useState<Side>(Side.Front);
  useSaved("cards", cards);
  const card = pick(cards)!;

  const rate = (known: boolean) => () => {
    dispatch({ type: "rate", id: card.id, known });
    setSide(Side.Front);
  };

  return (
    <Panel>
      <h1>Flash cards</h1>
      <button id="card" onClick={() => setSide((s) => (s === Side.Front ? Side.Back : Side.Front))} style={{ fontSize: 32, padding: 32, width: "100%" }}>
        {side === Side.Front ? card.front : card.back}
      </button>
      {side === Side.Back && (
        <p>
          <button id="known" onClick={rate(true)}>I knew it</button> <button id="again" onClick={rate(false)}>Again</button>
        </p>
      )}
      <p id="levels">{cards.map((c: Card) => c.level).join(" · ")}</p>
    </Panel>
  );
}

declare global {
  namespace JSX {
    interface Element {}
  }
}
