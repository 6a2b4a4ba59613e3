export const Here = 1;
