import machine, { VERSION } from "machine";
import $ from "select";
import "select.plugin";
import "select.global";

export default function App() {
  return (
    <main>
      <p id="plugin">{$("ab").upper()} {$("ab").twice()} {$("ab").thrice()}</p>
      <p id="machine">{VERSION}, {machine.where}</p>
    </main>
  );
}
