import { type FC, useState } from "react";
import type { Item } from "./types";
import { Box, Level } from "./types";

const enum Way { Up = 1, Down }
namespace Words { export const price = (n: number) => `$${n.toFixed(2)}`; }

const pick = <T,>(list: T[], index: number): T => list[index]!;
const same = <T extends object>(value: T) => value;
const settings = { a: 1 } satisfies Record<string, number>;

function noted(_: unknown, context: ClassMethodDecoratorContext) {
  context.addInitializer(function () {});
}

class Cart {
  declare extra: string;
  accessor count = 3;

  constructor(private readonly items: Item[] = []) {}

  @noted total(): number {
    return this.items.reduce((sum, item) => sum + item.price, 0);
  }
}

abstract class Thing { abstract go(): void }

const App: FC<{ start?: number }> = ({ start = 1 }) => {
  const [n] = useState<number>(start);
  const item: Item = same({ price: 3 } as const);
  const cart = new Cart([{ price: 2 }]);
  return (
    <p id="said">
      {n} {Way.Down} {Level.High} {Words.price(pick([item.price], 0))} {settings.a} {cart.total()} {cart.count}{" "}
      {new Box<string>("z").value} {typeof Thing}
    </p>
  );
};

export default App;
export { type Item };
