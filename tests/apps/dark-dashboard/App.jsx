import { createContext, useContext, useEffect, useMemo, useState } from 'react';

const ThemeContext = createContext(undefined);

const THEMES = {
  light: { '--bg': '#f8fafc', '--fg': '#0f172a', '--card': '#ffffff', '--accent': '#7c3aed' },
  dark: { '--bg': '#0f172a', '--fg': '#e2e8f0', '--card': '#1e293b', '--accent': '#a78bfa' },
};

function ThemeProvider({ children }) {
  const [theme, setTheme] = useState(
    () => localStorage.getItem('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
  );
  useEffect(() => {
    localStorage.setItem('theme', theme);
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const value = useMemo(() => ({ theme, toggle: () => setTheme((t) => (t === 'dark' ? 'light' : 'dark')) }), [theme]);
  return (
    <ThemeContext.Provider value={value}>
      <div style={{ ...THEMES[theme], background: 'var(--bg)', color: 'var(--fg)', minHeight: '100vh', padding: 24, transition: 'background .2s' }}>
        {children}
      </div>
    </ThemeContext.Provider>
  );
}

const useTheme = () => {
  const value = useContext(ThemeContext);
  if (value === undefined) throw new Error('no theme');
  return value;
};

function Spark({ values }) {
  const max = Math.max(...values);
  return (
    <svg viewBox={`0 0 ${values.length - 1} 1`} preserveAspectRatio="none" style={{ width: '100%', height: 40 }}>
      <polyline points={values.map((v, i) => `${i},${1 - v / max}`).join(' ')} fill="none" stroke="var(--accent)" strokeWidth="2" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

const Card = ({ title, value, delta, children }) => (
  <div className="card" style={{ background: 'var(--card)', borderRadius: 16, padding: 16, boxShadow: '0 1px 4px rgb(0 0 0 / .15)' }}>
    <div style={{ opacity: 0.7 }}>{title}</div>
    <div style={{ fontSize: 32, fontWeight: 700 }}>{value}</div>
    <div style={{ color: delta < 0 ? 'crimson' : 'seagreen' }}>{delta > 0 && '+'}{delta}%</div>
    {children}
  </div>
);

function Toggle() {
  const { theme, toggle } = useTheme();
  return <button id="toggle" onClick={toggle} aria-label="Toggle dark mode">{theme === 'dark' ? '🌙' : '☀️'}</button>;
}

const wave = (a, b) => Array.from({ length: 24 }, (_, i) => 2 + Math.sin(i / a) + Math.cos(i / b));

export default function Dashboard() {
  return (
    <ThemeProvider>
      <header style={{ display: 'flex', justifyContent: 'space-between' }}><h1>Bakery dashboard</h1><Toggle /></header>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))', gap: 16 }}>
        <Card title="Loaves" value="1,204" delta={4.2}><Spark values={wave(3, 5)} /></Card>
        <Card title="Visitors" value="386" delta={-1.3}><Spark values={wave(2, 7)} /></Card>
        <Card title="Flour (kg)" value="92" delta={0}><Spark values={wave(5, 2)} /></Card>
      </div>
    </ThemeProvider>
  );
}
