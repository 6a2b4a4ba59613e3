// The English texts that scripts show; what stands in a page from the start is in its template.

export const WORDS = {
  offline: "The server can't be reached. It is tried again and again.",
  online: "The server is there again.",
  lost: "The connection broke before the server answered. Whether it was done can't be told: look, and try again.",
  late: "The server did not answer in time.",
  signedOut: "You are signed out in this browser: sign in again.",
  copied: "Copied.",
  failed: (why) => `That did not work: ${why}`,
  sure: (what) => `${what}?`,
};
