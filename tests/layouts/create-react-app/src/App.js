import React from 'react';
import { NavLink, Route, Routes } from 'react-router-dom';
import { format } from 'date-fns';
import logo, { ReactComponent as Logo } from './logo.svg';
import styles from './App.module.css';

function Home() {
  return <p id="day">{format(new Date(2024, 2, 1), 'PPP')}</p>;
}

function App() {
  return (
    <div className={styles.page}>
      <h1 className="text-leaf text-3xl">{process.env.REACT_APP_TITLE}</h1>
      <p className="card" id="react">{React.version}</p>
      <nav><NavLink to="/">Home</NavLink> <NavLink to="/about">About</NavLink></nav>
      <img id="imported" src={logo} alt="logo" />
      <Logo id="inline" />
      <img id="public" src={process.env.PUBLIC_URL + '/sun.svg'} alt="sun" />
      <Routes>
        <Route path="/" element={<Home />} />
        <Route path="/about" element={<p id="about">About this</p>} />
      </Routes>
    </div>
  );
}

export default App;
