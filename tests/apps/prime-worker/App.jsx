import { useEffect, useRef, useState } from "react";

const WORKER_SOURCE = `
  self.onmessage = ({ data: { id, upTo } }) => {
    const sieve = new Uint8Array(upTo + 1);
    let count = 0, last = 0;
    for (let n = 2; n <= upTo; n++) {
      if (sieve[n]) continue;
      count++;
      last = n;
      for (let m = n * n; m <= upTo; m += n) sieve[m] = 1;
    }
    self.postMessage({ id, count, last });
  };
`;

function usePrimes(upTo) {
  const worker = useRef(null);
  const [result, setResult] = useState(null);

  useEffect(() => {
    const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
    worker.current = new Worker(url);
    worker.current.onmessage = ({ data }) => setResult(data);
    return () => {
      worker.current.terminate();
      URL.revokeObjectURL(url);
    };
  }, []);

  useEffect(() => {
    setResult(null);
    worker.current.postMessage({ id: Date.now(), upTo });
  }, [upTo]);

  return result;
}

export default function PrimeWorker() {
  const [upTo, setUpTo] = useState(1_000);
  const [spins, setSpins] = useState(0);
  const result = usePrimes(upTo);

  return (
    <section style={{ fontFamily: "Georgia, serif", padding: 40, lineHeight: 1.8 }}>
      <h1>Primes, off the main thread</h1>
      <label>
        Up to{" "}
        <select value={upTo} onChange={(e) => setUpTo(Number(e.target.value))}>
          {[3, 6, 7].map((power) => <option key={power} value={10 ** power}>10<sup>{power}</sup></option>)}
        </select>
      </label>
      <p id="result">
        {result ? `${result.count.toLocaleString("en")} primes; the largest is ${result.last.toLocaleString("en")}.` : "Sieving…"}
      </p>
      <button onClick={() => setSpins((n) => n + 1)} style={{ transform: `rotate(${spins * 45}deg)` }}>🌀</button>
      <p>n<sub>spins</sub> = {spins}</p>
    </section>
  );
}
