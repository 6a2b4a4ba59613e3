export default function formatPrice(n) {
  return n.amount.toFixed(2);
}
