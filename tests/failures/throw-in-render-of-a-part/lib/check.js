/*
  checks
*/
export function check(name) {
  throw new Error(`no label for ${name}`); //!
}
