import { createContext, useContext, useReducer } from "react";

const Wizard = createContext();

const initialState = { step: 0, data: { place: "", days: 3, extras: [] } };

const wizardReducer = (state, action) => {
  switch (action.type) {
    case "NEXT": return { ...state, step: Math.min(state.step + 1, 3) };
    case "BACK": return { ...state, step: Math.max(state.step - 1, 0) };
    case "SET": return { ...state, data: { ...state.data, ...action.payload } };
    case "TOGGLE_EXTRA": {
      const { extras } = state.data;
      const next = extras.includes(action.payload) ? extras.filter((e) => e !== action.payload) : [...extras, action.payload];
      return { ...state, data: { ...state.data, extras: next } };
    }
    case "RESET": return initialState;
    default: return state;
  }
};

const useWizard = () => useContext(Wizard);

const PLACES = [
  { id: "sea", name: "The seaside", emoji: "🏖️", perDay: 80 },
  { id: "mountain", name: "The mountains", emoji: "🏔️", perDay: 65 },
  { id: "city", name: "A big city", emoji: "🏙️", perDay: 120 },
];
const EXTRAS = { breakfast: 12, bicycle: 8, "guided tour": 25 };

const Place = () => {
  const { data, dispatch } = useWizard();
  return PLACES.map((p) => (
    <label key={p.id} className={`block p-4 border rounded-lg mb-2 ${data.place === p.id ? "border-teal-500 bg-teal-50" : ""}`}>
      <input type="radio" name="place" value={p.id} checked={data.place === p.id} onChange={() => dispatch({ type: "SET", payload: { place: p.id } })} />
      {" "}{p.emoji} {p.name} <em>({p.perDay}/day)</em>
    </label>
  ));
};

const Days = () => {
  const { data, dispatch } = useWizard();
  const set = (days) => dispatch({ type: "SET", payload: { days: Math.max(1, days) } });
  return (
    <div className="text-center text-2xl">
      <button id="less" onClick={() => set(data.days - 1)}>−</button>
      <span id="days" className="mx-4">{data.days}</span>
      <button id="more" onClick={() => set(data.days + 1)}>+</button>
    </div>
  );
};

const Extras = () => {
  const { data, dispatch } = useWizard();
  return Object.entries(EXTRAS).map(([name, price]) => (
    <label key={name} className="block">
      <input type="checkbox" data-extra={name} checked={data.extras.includes(name)} onChange={() => dispatch({ type: "TOGGLE_EXTRA", payload: name })} /> {name} (+{price})
    </label>
  ));
};

const Summary = () => {
  const { data: { place, days, extras }, dispatch } = useWizard();
  const { name, emoji, perDay } = PLACES.find((p) => p.id === place);
  const total = extras.reduce((sum, e) => sum + EXTRAS[e] * days, perDay * days);
  return (
    <div>
      <p id="summary">{emoji} {days} days at {name.replace(/^T/, "t").replace(/^A/, "a")}{extras.length > 0 && ` with ${extras.join(" and ")}`}</p>
      <p id="total" className="text-3xl font-bold">{total} €</p>
      <button onClick={() => dispatch({ type: "RESET" })}>Start again</button>
    </div>
  );
};

const STEPS = [["Where to?", Place], ["How long?", Days], ["Anything else?", Extras], ["Your trip", Summary]];

export default function TripWizard() {
  const [state, dispatch] = useReducer(wizardReducer, initialState);
  const [title, Step] = STEPS[state.step];
  const canGoOn = state.step !== 0 || state.data.place !== "";
  return (
    <Wizard.Provider value={{ ...state, dispatch }}>
      <div className="max-w-md mx-auto p-8">
        <progress value={state.step} max={STEPS.length - 1} className="w-full" />
        <h1 className="text-xl my-4">{title}</h1>
        <Step />
        <div className="flex justify-between mt-6">
          {state.step > 0 && <button id="back" onClick={() => dispatch({ type: "BACK" })}>← Back</button>}
          {state.step < 3 && <button id="next" disabled={!canGoOn} onClick={() => dispatch({ type: "NEXT" })}>Next →</button>}
        </div>
      </div>
    </Wizard.Provider>
  );
}
