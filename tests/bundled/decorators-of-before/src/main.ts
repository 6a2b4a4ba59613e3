import { names, property, register } from "./decorators";

class Plant {
  get place(): string {
    return "from the class above";
  }
  set place(value: string) {}
}

@register("plant")
class Fern extends Plant {
  @property({ of: Number }) size = 3;
  declare place: string;

  describe(@property({ of: String }) first: string): string {
    return first;
  }
}

const fern = new Fern();
const pages = import.meta.glob("./*.txt"); // so that this file is printed before it is built
document.querySelector("h1")!.textContent = `Fern grows ${fern[names.get("plant")![0] as "size"]}`;
document.querySelector("#fields")!.textContent = fern.place;
document.querySelector("#parameter")!.textContent = fern.describe("first") + (Object.keys(pages).length || "");
