export default function Frame({ title, children }) {
  return (
    <figure style={{ border: "8px double #d6d3d1", padding: 24, display: "inline-block" }}>
      {children}
      <figcaption>{title}</figcaption>
    </figure>
  );
}
