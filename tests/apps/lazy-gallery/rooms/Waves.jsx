import { useMemo } from "react";

export function Waves({ size, waves = 6 }) {
  const paths = useMemo(
    () =>
      Array.from({ length: waves }, (_, n) => {
        const y = 10 + (n * 80) / (waves - 1);
        const points = Array.from({ length: 21 }, (_, i) => `${i * 5},${(y + Math.sin(i / 2 + n) * 6).toFixed(2)}`);
        return `M${points.join(" L")}`;
      }),
    [waves],
  );
  return (
    <svg width={size} height={size} viewBox="0 0 100 100" fill="none" stroke="skyblue" strokeWidth={2}>
      {paths.map((d) => (
        <path key={d} d={d} />
      ))}
    </svg>
  );
}
