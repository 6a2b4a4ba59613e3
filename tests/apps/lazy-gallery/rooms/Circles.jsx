const Circles = ({ size }) => (
  <svg width={size} height={size} viewBox="-50 -50 100 100">
    {[45, 35, 25, 15, 5].map((r, i) => <circle key={r} r={r} fill={`hsl(${i * 40} 70% 60%)`} />)}
  </svg>
);
export default Circles;
