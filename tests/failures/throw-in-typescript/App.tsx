import { useState } from 'react';

type User = {
  name: string;
};

interface Props {
  user?: User;
}

export default function App({ user }: Props) {
  const [n] = useState<number>(1);
  const name: string = user!.name; //!
  return <p>{name + n}</p>;
}
