"use strict";
// Everything odd about JSX in one honest little app. <div>not markup</div>
import React, {
  useState,
  useMemo as memoize,
} from "react";

const html = (strings, ...values) => String.raw({ raw: strings.raw }, ...values).replace(/</g, "‹").replace(/>/g, "›");
const isEven = (n) => n % 2 === 0, half = (n) => n / 2 / 1, slash = /[/\]]+/g;
const people = { anna: { name: "Anna", icon: () => <i>A</i> }, "b-o": { name: 'Bo "the" Great', icon: () => <b>B</b> } };
const Icons = { Small: ({ of: person }) => people[person].icon(), Big: (props) => <big><Icons.Small {...props} /></big> };

/** @type {(n: number) => string} */
const euro = (n) => `${n < 0 ? "-" : ""}${Math.abs(n).toFixed(2)}\u00A0€`;

const List = ({ items, children: renderItem, ...rest }) => <ul {...rest}>{items.map(renderItem)}</ul>;

function Hint({ when, children }) {
  return when ? <aside>{children}</aside> : null;
}

export default function SplitTheBill({ tax = 0.07, ...props } = {}) {
  const [dishes, setDishes] = useState([
    { id: 1, name: "Soup & bread", price: 7.5, who: ["anna"] },
    { id: 2, name: "Pie > cake", price: 12, who: ["anna", "b-o"] },
  ]);

  const shares = memoize(() => {
    const sum = {};
    for (const { price, who } of dishes) for (const person of who) sum[person] = (sum[person] ?? 0) + price / who.length;
    return sum;
  }, [dishes]);

  const toggle = (id, person) => setDishes(
    dishes.map(dish => dish.id !== id ? dish : {
      ...dish,
      who: dish.who.includes(person) ? dish.who.filter(p => p !== person) : [...dish.who, person],
    }),
  );

  const total = dishes.reduce((a, { price }) => a + price, 0);
  const label = total > 15 && total < 25 ? "fair" : total >= 25 ? "dear" : "cheap";

  return <>
    <h1 title='Who "owes" what?' data-label={label}>Split &amp; share &mdash; {people.anna.name}&nbsp;&lt;3&nbsp;{people["b-o"].name}</h1>
    {/* a comment */ }
    <List items={dishes} id="dishes" className="list">{(dish, index) =>
      <li key={dish.id} className={isEven(index) ? "even" : `odd ${"quoted \" mark"}`}>
        {dish.name} {euro(dish.price)}{" "}
        {
          // one box a person
          Object.keys(people).map((person) =>
            <label key={person}>
              <input type="checkbox" data-box={`${dish.id}-${person}`}
                     checked={dish.who.includes(person)} onChange={() => toggle(dish.id, person)} />
              <Icons.Big of={person} />
            </label>)
        }
      </li>
    }</List>
    <p id="shares">{Object.entries(shares).map(([person, sum], i) => <React.Fragment key={person}>{i > 0 && ", "}{people[person].name}: {euro(sum * (1 + tax))}</React.Fragment>)}</p>
    <Hint when={dishes.some(({ who }) => !who.length)}>
      Somebody has to pay
      for   everything,
      you know.
    </Hint>
    <p id="odd">{html`<total> ${half(total)}`} {"{braces}"} {'</p>'} {`${`nested ${1 + 1}`}`} {0 || null}{false}{undefined}{[1, <em key="x">2</em>, "3"]} {"a]/b".replace(slash, "-")}</p>
    <div {...{ id: "spread", "data-a": 1 }} data-b={2} aria-hidden {...props} tabIndex={-1} style={{ color: "teal", "--x": "1px" }}>{...[]}x{/* last */}</div>
  </>;
}
