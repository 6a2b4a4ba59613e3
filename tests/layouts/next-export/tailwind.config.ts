import type { Config } from "tailwindcss";

const config: Config = {
  darkMode: ["class"],
  content: ["./app/**/*.{ts,tsx}", "./components/**/*.{ts,tsx}"],
  theme: { extend: { colors: { primary: { DEFAULT: "hsl(var(--primary))" } }, borderRadius: { lg: "var(--radius)" } } },
  plugins: [],
};

export default config;
