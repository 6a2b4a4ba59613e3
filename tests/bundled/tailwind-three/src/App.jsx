import { useEffect } from 'react';
import './App.css';

export default function App() {
  useEffect(() => document.documentElement.classList.add('dark'), []);
  return (
    <main className="p-4">
      <h1>Three</h1>
      <div className="panel" id="panel">panel</div>
      <p id="own" className="bg-panel text-panel-strong animate-fade">own colours</p>
      <p id="accent" className="bg-accent-500 border">palette</p>
      <p id="dark" className="text-black dark:text-white">dark</p>
      <p id="wide">wide</p>
      <p id="applied" className="app-note">applied</p>
    </main>
  );
}
