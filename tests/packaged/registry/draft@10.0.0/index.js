export const produce = (value) => `draft of ${value}`;
