export default function App() {
  const read = async () => {
    throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
  };
  return <button onClick={read}>read</button>;
}
