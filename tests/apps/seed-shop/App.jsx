import { createContext, useContext, useReducer } from "react";
import { HashRouter, Link, NavLink, Outlet, Route, Routes, useNavigate, useParams } from "react-router-dom";

const SEEDS = [
  { id: "tomato", name: "Tomato", price: 3.2 },
  { id: "basil", name: "Basil", price: 2.5 },
  { id: "pumpkin", name: "Pumpkin", price: 4 },
];

const Cart = createContext(null);
const useCart = () => useContext(Cart);

const Layout = () => {
  const { cart } = useCart();
  const count = Object.values(cart).reduce((a, b) => a + b, 0);
  return (
    <div className="p-6">
      <nav className="flex gap-4 mb-4">
        <NavLink to="/" end>Seeds</NavLink>
        <NavLink to="/cart">Cart (<span id="count">{count}</span>)</NavLink>
      </nav>
      <Outlet />
    </div>
  );
};

const Shop = () => (
  <ul>{SEEDS.map(({ id, name }) => <li key={id}><Link to={`/seeds/${id}`}>{name}</Link></li>)}</ul>
);

const Seed = () => {
  const { id } = useParams();
  const navigate = useNavigate();
  const { add } = useCart();
  const seed = SEEDS.find((s) => s.id === id);
  if (!seed) return <p role="alert">No such seed: {id}</p>;
  return (
    <article>
      <h1>{seed.name}</h1>
      <p>{seed.price.toFixed(2)} a bag</p>
      <button onClick={() => { add(id); navigate("/cart"); }}>Add to cart</button>
    </article>
  );
};

const CartPage = () => {
  const { cart } = useCart();
  const total = SEEDS.reduce((sum, { id, price }) => sum + price * (cart[id] ?? 0), 0);
  return <p id="total">{total ? `Total: ${total.toFixed(2)}` : "Your cart is empty."}</p>;
};

export default function SeedShop() {
  const [cart, add] = useReducer((state, id) => ({ ...state, [id]: (state[id] ?? 0) + 1 }), {});
  return (
    <Cart value={{ cart, add }}>
      <HashRouter>
        <Routes>
          <Route element={<Layout />}>
            <Route index element={<Shop />} />
            <Route path="seeds/:id" element={<Seed />} />
            <Route path="cart" element={<CartPage />} />
            <Route path="*" element={<p>404</p>} />
          </Route>
        </Routes>
      </HashRouter>
    </Cart>
  );
}
