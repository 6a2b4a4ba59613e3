/** @type {import('tailwindcss').Config} */
module.exports = {
  content: ["./src/**/*.{js,jsx}"],
  theme: { extend: { colors: { leaf: "rgb(0, 128, 0)" } } },
  plugins: [],
};
