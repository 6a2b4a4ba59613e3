import { createRoot } from "react-dom/client";
import { Button } from "@acme/ui";
import { Card } from "@acme/ui/parts/card";
import "@acme/ui/look.css";
import words from "@acme/words";

createRoot(document.getElementById("root")!).render(
  <Card>
    <Button label={words.hello} />
  </Card>,
);
