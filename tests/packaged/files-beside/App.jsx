import { useEffect, useState } from "react";
import start from "engine";
import data from "engine/dist/engine.data?url";
import { pin } from "maps";
import "maps/dist/maps.css";
import "sheet-reset/scss/reset.scss";
import marker from "maps/dist/images/pin.svg";
import { ask } from "crew";

export default function App() {
  const [said, say] = useState({});
  useEffect(() => {
    const tell = (name) => (value) => say((before) => ({ ...before, [name]: value }));
    start().then(tell("alone"));
    start({ locateFile: () => data }).then(tell("told"));
    ask("hello").then(tell("crew"));
    tell("pin")(pin());
  }, []);
  return (
    <main>
      <p id="alone">{said.alone}</p><p id="told">{said.told}</p><p id="crew">{said.crew}</p>
      <img id="marker" src={marker} />{said.pin && <img id="pin" src={said.pin} />}
    </main>
  );
}
