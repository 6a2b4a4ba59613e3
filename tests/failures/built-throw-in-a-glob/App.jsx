const pages = import.meta.glob("./pages/*.jsx", { eager: true });

function check(found) {
  const names = Object.keys(found);

  if (names.length < 5) throw new Error(`there are only ${names.length} pages`); //!
  return names;
}

export default function App() {
  return <p>{check(pages).join()}</p>;
}
