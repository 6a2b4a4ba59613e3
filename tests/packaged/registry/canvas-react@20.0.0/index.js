throw new Error("made for a React that is not on the page");
export const fits = "";
