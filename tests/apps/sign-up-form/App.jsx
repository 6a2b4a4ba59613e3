import { useState } from "react";

const RULES = {
  name: [[(v) => v.trim().length >= 2, "Please tell us your name (2 letters or more)."]],
  email: [
    [(v) => v.includes("@"), "An e-mail address has an @."],
    [(v) => /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(v), "That doesn't look like an e-mail address."],
  ],
  password: [
    [(v) => v.length >= 8, "At least 8 characters."],
    [(v) => /[0-9]/.test(v) && /[^\w\s]|_/.test(v), "At least one digit and one of !?#/\\."],
  ],
  age: [[(v) => !v || (+v >= 16 && +v <= 120), "You must be 16 or older."]],
};

const validate = (values) =>
  Object.fromEntries(
    Object.entries(RULES)
      .map(([field, rules]) => [field, rules.find(([test]) => !test(values[field] ?? ""))?.[1]])
      .filter(([, message]) => message),
  );

function Field({ name, label, error, touched, ...input }) {
  return (
    <p className="mb-4">
      <label className="block font-medium" htmlFor={name}>{label}</label>
      <input id={name} name={name} aria-invalid={touched && !!error} aria-describedby={`${name}-error`} className={`w-full rounded border px-3 py-2 ${touched && error ? "border-red-500 bg-red-50" : "border-gray-300"}`} {...input} />
      {touched && error && <small id={`${name}-error`} className="text-red-600">{error}</small>}
    </p>
  );
}

export default function SignUp() {
  const [values, setValues] = useState({ name: "", email: "", password: "", age: "", terms: false });
  const [touched, setTouched] = useState({});
  const [sent, setSent] = useState(null);
  const errors = validate(values);

  const props = (name) => ({
    name,
    value: values[name],
    error: errors[name],
    touched: touched[name],
    onChange: ({ target: { value } }) => setValues((before) => ({ ...before, [name]: value })),
    onBlur: () => setTouched((before) => ({ ...before, [name]: true })),
  });

  async function handleSubmit(event) {
    event.preventDefault();
    setTouched({ name: true, email: true, password: true, age: true });
    if (Object.keys(errors).length > 0 || !values.terms) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { password, ...rest } = values;
    setSent(rest);
  }

  if (sent) {
    return (
      <div className="p-10 text-center">
        <h1 className="text-2xl">Welcome, {sent.name}! 🎉</h1>
        <pre id="sent">{JSON.stringify(sent, null, 2)}</pre>
      </div>
    );
  }

  return (
    <form onSubmit={handleSubmit} noValidate className="max-w-md mx-auto p-8">
      <h1 className="text-2xl font-bold mb-6">Join the choir</h1>
      <Field label="Name" {...props("name")} autoComplete="name" />
      <Field label="E-mail" type="email" {...props("email")} />
      <Field label="Password" type="password" {...props("password")} />
      <Field label="Age (optional)" inputMode="numeric" {...props("age")} />
      <label className="block mb-4">
        <input type="checkbox" id="terms" checked={values.terms} onChange={(e) => setValues({ ...values, terms: e.target.checked })} /> I can sing, a little
      </label>
      <button className="w-full bg-indigo-600 text-white rounded py-2 disabled:opacity-50" disabled={!values.terms}>Sign up</button>
    </form>
  );
}
