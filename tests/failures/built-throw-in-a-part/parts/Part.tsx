type Props = { items?: string[] };

export function Part({ items }: Props) {
  return (
    <ul>
      {items!.map((item) => (<li key={item}>{item}</li>))} {/* is undefined */}  //!
    </ul>
  );
}
