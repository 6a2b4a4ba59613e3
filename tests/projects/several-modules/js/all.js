export const all = [began];
export const add = (word) => all.push(word);
