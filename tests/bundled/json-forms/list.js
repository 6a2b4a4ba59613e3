import town from "./data/town.json" with { type: "json" };

export const list = town.tags;
