export function Pick(props: React.ComponentProps<"button">) {
  return <button {...props} />;
}
