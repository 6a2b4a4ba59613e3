export const create = (make) => make;
