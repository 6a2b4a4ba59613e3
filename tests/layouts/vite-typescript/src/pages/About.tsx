import { useParams } from "react-router-dom";

export default function About() {
  const { who } = useParams<{ who: string }>();
  return <p id="about">About {who}</p>;
}
