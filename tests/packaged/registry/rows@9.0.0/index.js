export const makeRows = () => "makeRows of 9.0.0";
