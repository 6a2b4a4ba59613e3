import { useEffect, useState } from "react";
import star from "./pictures/star.svg";
import starText from "./pictures/star.svg?raw";
import starAddress from "./pictures/star.svg?url";
import starInline from "./pictures/star.svg?inline";
import Star from "./pictures/star.svg?react";
import { ReactComponent as OldStar } from "./pictures/star.svg";
import words from "./words.txt?raw";
import sourceAddress from "./plain.js?url";
import sign from "/sign.svg";

const byAddress = new URL("./pictures/blue%20dot.svg", import.meta.url).href;
const named = (name) => new URL(`./pictures/${name}.svg`, import.meta.url).href;

export default function App() {
  const [plain, setPlain] = useState("…");
  useEffect(() => void fetch(sourceAddress).then(async (answer) => setPlain(await answer.text())), []);
  return (
    <main>
      <p className="pictures">
        <img src={star} />
        <img src={starAddress} />
        <img src={starInline} />
        <img src={byAddress} />
        <img src={named("star")} />
        <img src={sign} />
      </p>
      <Star id="component" className="big" width="48" title="a star" />
      <OldStar id="old" />
      <p id="raw">{starText.includes("polygon") ? "text" : starText}</p>
      <p id="inline">{starInline.slice(0, 19)}</p>
      <p id="words">{words}</p>
      <p id="plain">{plain}</p>
    </main>
  );
}
