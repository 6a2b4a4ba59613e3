const SIZE = 92;
const RADIUS = 38;
const LENGTH = 2 * Math.PI * RADIUS;

export default function Ring({ share }) {
  return (
    <svg className="dial" viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={`${Math.round(share * 100)} % done`}>
      <circle className="dial-back" cx={SIZE / 2} cy={SIZE / 2} r={RADIUS} />
      <circle
        className="dial-front"
        cx={SIZE / 2}
        cy={SIZE / 2}
        r={RADIUS}
        strokeDasharray={LENGTH}
        strokeDashoffset={LENGTH * (1 - share)}
      />
      <text x="50%" y="50%" dy="0.36em" textAnchor="middle">
        {Math.round(share * 100)}%
      </text>
    </svg>
  );
}
