import { useState } from "react";

export default function useStored(key, initial) {
  return useState(() => JSON.parse(localStorage.getItem(key)) ?? initial);
}
