```jsx
export default function App() {
  return <p>inside</p>;
}
```
