export const Here = () => null;
