import { expect, it } from "vitest";
import App from "./App";

it("renders", () => {
  expect(<App />).toBeTruthy();
});
