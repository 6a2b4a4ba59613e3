// No framework at all: a module that builds its own page.
import { formatTime } from "./format.js";

const root = document.querySelector(".vibe-app-container") ?? document.body;
root.innerHTML = `
  <div class="watch">
    <h1>Stopwatch</h1>
    <output>0:00.0</output>
    <p>
      <button data-action="toggle">Start</button>
      <button data-action="lap">Lap</button>
      <button data-action="reset">Reset</button>
    </p>
    <ol></ol>
  </div>`;

const style = document.createElement("style");
style.textContent = `.watch { font-family: system-ui; text-align: center; padding: 3rem } .watch output { font-size: 5rem; font-variant-numeric: tabular-nums }`;
document.head.append(style);

const [output, list] = root.querySelectorAll("output, ol");
let startedAt = null;
let elapsed = 0;

const total = () => elapsed + (startedAt === null ? 0 : performance.now() - startedAt);
const show = () => (output.value = formatTime(total()));

const actions = {
  toggle(button) {
    if (startedAt === null) startedAt = performance.now();
    else [elapsed, startedAt] = [total(), null];
    button.textContent = startedAt === null ? "Start" : "Stop";
  },
  lap: () => list.insertAdjacentHTML("beforeend", `<li>${formatTime(total())}</li>`),
  reset() {
    elapsed = 0;
    if (startedAt !== null) startedAt = performance.now();
    list.replaceChildren();
  },
};

root.addEventListener("click", ({ target }) => {
  actions[target.dataset.action]?.(target);
  show();
});
setInterval(show, 50);
