import { useState } from 'react';
import { Mark } from './Mark';
import data from './data.cjs';
import './App.css';

export default function App() {
  const [n, setN] = useState(data.start);
  return <button className="App-button" onClick={() => setN(n + 1)}><Mark /> clicked {n}</button>;
}
