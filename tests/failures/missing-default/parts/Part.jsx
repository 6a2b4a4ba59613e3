export function Part() { return <i>part</i>; }
