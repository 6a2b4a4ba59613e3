export const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** The longest run of days in a row. */
export function longestRun(done) {
  let best = 0;
  let run = 0;
  for (const day of done) {
    run = day ? run + 1 : 0;
    best = Math.max(best, run);
  }
  return best;
}
