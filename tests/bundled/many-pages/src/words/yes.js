export const word = "yes";
