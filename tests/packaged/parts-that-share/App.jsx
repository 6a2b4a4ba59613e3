import { use } from "plots/core";
import { Bar } from "plots/charts/bar";
import { Line } from "plots/charts/line";
import { Circle, Style } from "plots/style";
import Other from "plots/style/Circle.js";
import Plot from "plots-react";

use(Bar);

export default function App() {
  return (
    <main>
      <Plot kind={Bar} /><Plot kind={Line} />
      <p id="same">{String(Circle === Other && new Other() instanceof Style)}</p>
    </main>
  );
}
