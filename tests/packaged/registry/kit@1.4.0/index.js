export const version = "1.4.0";
export const of1 = 1;
