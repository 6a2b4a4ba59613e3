export const version = "3.0.0";
export const of3 = 1;
