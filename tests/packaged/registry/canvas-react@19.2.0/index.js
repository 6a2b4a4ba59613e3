export const fits = "19.2.0";
