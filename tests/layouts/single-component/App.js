import React from 'react';
import { BrowserRouter, Link, Route, Routes } from 'react-router-dom';
import { format } from 'date-fns@2.30.0';
import sun from './sun.svg';
import styles from './App.module.css';

export default function App() {
  return (
    <BrowserRouter>
      <main className={styles.page}>
        <h1 className="text-green-700 text-3xl">{process.env.REACT_APP_TITLE}</h1>
        <nav className="flex gap-4"><Link to="/">Home</Link><Link to="/about">About</Link></nav>
        <img id="imported" src={sun} alt="sun" />
        <Routes>
          <Route path="/" element={<p id="day">{format(new Date(2024, 2, 1), 'PPP')}</p>} />
          <Route path="/about" element={<p id="about">About this</p>} />
        </Routes>
      </main>
    </BrowserRouter>
  );
}
