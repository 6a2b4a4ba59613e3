import { byTitle } from "./sort.js";

const response = await fetch("/books.json");
const books = await response.json();

document.querySelector("#books").append(
  ...books.sort(byTitle).map(({ title, price }) => {
    const item = document.createElement("li");
    item.textContent = `${title} – ${price.toFixed(2)}`;
    return item;
  }),
);
