import { useState } from "react";
import { addDays, differenceInCalendarDays, eachDayOfInterval, endOfMonth, format, isWeekend, parseISO, startOfMonth } from "date-fns";
import { de, fr } from "date-fns/locale";
import { z } from "zod";

const Plan = z.object({
  title: z.string().trim().min(3, "At least three letters, please"),
  day: z.iso.date("Pick a day"),
  people: z.coerce.number().int().min(1).max(20),
});

const LOCALES = { en: undefined, de, fr };

export default function PlanDays() {
  const [plans, setPlans] = useState([]);
  const [errors, setErrors] = useState({});
  const [lang, setLang] = useState("en");
  const month = parseISO("2024-02-01");
  const days = eachDayOfInterval({ start: startOfMonth(month), end: endOfMonth(month) });

  function submit(event) {
    event.preventDefault();
    const result = Plan.safeParse(Object.fromEntries(new FormData(event.target)));
    if (!result.success) return setErrors(Object.fromEntries(result.error.issues.map(({ path, message }) => [path[0], message])));
    setErrors({});
    setPlans([...plans, result.data]);
  }

  return (
    <div className="p-6">
      <h1 id="month">{format(month, "LLLL yyyy", { locale: LOCALES[lang] })}</h1>
      {Object.keys(LOCALES).map((code) => <button key={code} lang={code} onClick={() => setLang(code)}>{code}</button>)}
      <div style={{ display: "grid", gridTemplateColumns: "repeat(7, 3rem)" }}>
        {days.map((day) => <span key={+day} className="day" style={{ color: isWeekend(day) ? "crimson" : "black" }}>{format(day, "d")}</span>)}
      </div>
      <form onSubmit={submit} noValidate>
        <input name="title" placeholder="What" /> <input name="day" defaultValue="2024-02-29" /> <input name="people" defaultValue="4" />
        <button id="add">Plan it</button>
        {Object.entries(errors).map(([field, message]) => <p key={field} role="alert">{field}: {message}</p>)}
      </form>
      <ul>
        {plans.map(({ title, day, people }) => (
          <li key={title}>{title} for {people}, {differenceInCalendarDays(parseISO(day), month)} days on; bring cake by {format(addDays(parseISO(day), -1), "EEE do")}</li>
        ))}
      </ul>
    </div>
  );
}
