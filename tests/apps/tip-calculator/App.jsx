import React from 'react';

const { useState } = React;

// Simple tip calculator 💸
const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

const Slider = ({ label, value, onChange, ...rest }) => (
  <label className="block my-4">
    <span className="flex justify-between text-sm text-gray-600">
      <span>{label}</span>
      <output>{value}{rest.unit}</output>
    </span>
    <input type="range" value={value} onChange={e => onChange(Number(e.target.value))} className="w-full accent-emerald-600" {...rest} unit={undefined} />
  </label>
);

const Row = ({ name, amount, big = false }) => (
  <div className={'flex justify-between py-2 ' + (big ? 'text-2xl font-bold' : 'text-lg')}>
    <dt>{name}</dt>
    <dd data-row={name}>{money.format(amount)}</dd>
  </div>
);

const App = () => {
  const [bill, setBill] = useState('42.50');
  const [tip, setTip] = useState(15);
  const [people, setPeople] = useState(2);

  const amount = parseFloat(bill) || 0;
  const tipAmount = amount * tip / 100;
  const total = amount + tipAmount;

  return (
    <div className="min-h-screen bg-emerald-900 grid place-items-center p-4">
      <div className="bg-white rounded-3xl p-8 w-full max-w-sm">
        <h1 className="text-xl font-bold text-emerald-800">Who pays what?</h1>
        <label className="block mt-4 text-sm text-gray-600" htmlFor="bill">Bill</label>
        <input id="bill" inputMode="decimal" value={bill} onChange={e => setBill(e.target.value)} className="w-full text-3xl border-b-2 border-emerald-700 outline-none" />
        <Slider label="Tip" value={tip} onChange={setTip} min={0} max={30} unit="%" id="tip" />
        <Slider label="People" value={people} onChange={setPeople} min={1} max={12} id="people" />
        <dl>
          <Row name="Tip" amount={tipAmount} />
          <Row name="Total" amount={total} />
          <Row name="Each" amount={total / people} big />
        </dl>
        {amount > 0 || <p className="text-red-600" role="alert">Please enter an amount &gt;&nbsp;0</p>}
      </div>
    </div>
  );
};

export default App;
