// Shows how far the packages of an app are, and opens the app when there is nothing more to wait for. The page's facts
// are in <script id="vibes-progress">: address (to ask for those of now), stage, fetched, total, packages.
"use strict";
(() => {
  const FIRST_PAUSE_MS = 300;
  const LONGEST_PAUSE_MS = 2000;
  const MAX_FAILURES = 30;
  // What can't be built is told by the app's own page, so one reload is enough; more in a row mean that something is
  // wrong, and a page that reloads for ever would hide it.
  const MAX_RELOADS = 3;
  const RELOADS_WITHIN_MS = 60_000;
  const RELOADS = `vibes-progress ${location.pathname}`;
  const STATES = {
    done: "ready",
    failed: "failed",
    waiting: "waiting",
    resolving: "finding its version",
    fetching: "fetching",
    building: "building",
  };

  const facts = JSON.parse(document.getElementById("vibes-progress").textContent);
  const [stage, bar, packages, note] = ["stage", "bar", "packages", "note"].map((id) => document.getElementById(id));
  const rows = new Map();

  function stageText({ stage, fetched, total, packages }) {
    const built = packages.filter(({ state }) => state !== "open").length;
    return {
      waiting: "Its packages wait for their turn …",
      resolving: "Finding the versions of its packages …",
      fetching: `Fetching ${fetched} of ${total} packages …`,
      building: `Building its packages: ${built} of ${packages.length} ready …`,
    }[stage];
  }

  // Fetching is about half of the work; how long the rest takes nobody knows.
  function share({ stage, fetched, total, packages }) {
    if (stage === "fetching") return total ? fetched / total / 2 : null;
    if (stage !== "building") return null;
    const finished = packages.filter(({ state }) => state !== "open").length;
    return 0.5 + finished / packages.length / 2;
  }

  function addRow(name) {
    const row = document.createElement("li");
    const title = document.createElement("b");
    title.textContent = name;
    row.append(title, document.createElement("span"), document.createElement("small"));
    packages.append(row);
    rows.set(name, row);
    return row;
  }

  function show(told) {
    stage.textContent = stageText(told);
    const done = share(told);
    if (done === null) bar.removeAttribute("value");
    else bar.value = Math.max(bar.value, done);
    for (const { name, state, why } of told.packages) {
      const row = rows.get(name) ?? addRow(name);
      const shown = state === "open" ? told.stage : state;
      row.className = shown;
      row.children[1].textContent = STATES[shown];
      row.children[2].textContent = why;
    }
  }

  function stop(text) {
    stage.textContent = text;
    bar.remove();
    const button = document.createElement("button");
    button.textContent = "Try again";
    button.addEventListener("click", () => location.reload());
    note.replaceChildren(button);
  }

  function openApp() {
    let before = [];
    try {
      before = JSON.parse(sessionStorage.getItem(RELOADS) ?? "[]").filter((at) => at > Date.now() - RELOADS_WITHIN_MS);
      sessionStorage.setItem(RELOADS, JSON.stringify([...before, Date.now()]));
    } catch {
      // a browser that keeps nothing
    }
    if (before.length < MAX_RELOADS) location.reload();
    else stop("The app could not be opened: its packages are asked for again and again.");
  }

  async function ask() {
    const answer = await fetch(facts.address, { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer.json();
  }

  async function watch() {
    let failures = 0;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.3, LONGEST_PAUSE_MS)) {
      await new Promise((done) => setTimeout(done, pause));
      try {
        const told = await ask();
        failures = 0;
        if (!told.packages) return openApp();
        show(told);
      } catch {
        failures += 1;
        if (failures === MAX_FAILURES) return stop("The server does not answer.");
        stage.textContent = "The server does not answer; asking again …";
      }
    }
  }

  show(facts);
  void watch();
})();
