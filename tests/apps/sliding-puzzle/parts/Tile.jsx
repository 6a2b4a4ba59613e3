export default function Tile({ number, index, onClick }) {
  const style = { "--x": index % 4, "--y": index >> 2, "--hue": number * 24 };
  return <button className="tile" data-number={number} style={style} onClick={onClick}>{number}</button>;
}
