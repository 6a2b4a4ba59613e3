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

  // apps
  reading: "Reading the files …",
  sending: "Sending …",
  uploading: (sent, total) => `Uploading: ${size(sent)} of ${size(total)}`,
  stages: {
    received: (files) => `Received ${files} files, compiling …`,
    compiled: "Compiled and stored.",
    packages: (done, all) => `Building packages: ${done} of ${all}`,
    ready: "Ready.",
    failed: "It failed.",
  },
  deployed: (slug, mode) => (mode === "dev" ? `${slug} is there for trying out.` : `${slug} is published.`),
  notDeployed: "Nothing was deployed.",
  open: "Open it",
  look: "Its page",
  isThere: (slug) => `You have an app called ${slug} already. Publish this as its next release?`,
  deployAgain: "Publish",
  nothing: "There is nothing in it to deploy.",
  noText: (name) => `${name}: is no UTF-8 text. Save it as UTF-8.`,
  changed: "A file was another when it arrived: try again.",
  tooManyEntries: (most) => `There are more than ${most} files and folders in it. Is this the app's own folder?`,
  tooManyFiles: (most) => `There are more than ${most} files. Drop the app's own folder, without what a build leaves behind.`,
  tooLargeFile: (name, most) => `${name} is larger than the ${size(most)} that one file may have.`,
  tooLarge: (most) => `All files together are larger than the ${size(most)} that an app may have.`,
  leftOut: (count) => `Not sent: ${count}`,
  notSent: (reason, names, more) => `${reason}: ${names}${more > 0 ? ` and ${more} more` : ""}`,
  variousReasons: "for various reasons",
  zip: {
    none: "This is no zip archive, or not the whole of it.",
    broken: "This zip archive is broken.",
    parts: "This is a part of a zip archive only.",
    large: "This zip archive is larger than one of an app may be.",
    overlap: "The files in this zip archive lie over each other: it is not unpacked.",
    tooMany: (most) => `There are more than ${most} files in this zip archive.`,
    twice: (name) => `There are two files ${name} in this zip archive.`,
    name: (name) => `A file in this zip archive is called ${JSON.stringify(name)}, which leads out of its folder.`,
    longName: (name) => `A file in this zip archive has too long a name: ${name}…`,
    secret: (name) => `${name} is encrypted in this zip archive.`,
    method: (name) => `${name} is compressed in a way that browsers don't know: make the zip archive anew.`,
    damaged: (name) => `${name} is damaged in this zip archive.`,
  },
  published: (seq) => `v${seq} is shown now.`,
  takenDown: "The app is taken down: its address shows nothing.",
  isBack: "It is back.",
  releaseDeleted: (seq) => `v${seq} is deleted.`,
  undo: "Undo",
  sureDelete: (slug, releases) =>
    `Delete ${slug} with ${releases === 1 ? "its one release" : `all its ${releases} releases`}? You can have it back for seven days.`,
  deleteIt: "Delete the app",
  forgotten: "They are forgotten.",
  saved: "Saved.",
  copy: "Copy",
  invitation: (role) =>
    `Whoever opens this link, and signs in, may ${role === "editor" ? "deploy the app" : "see the app"}. It is shown this once.`,
  shareLink: (until) => `Any browser that opens this link sees the app until ${until}. It is shown this once.`,
  noPair: (line) => `NAME=VALUE is wanted in each line; got ${line}`,
  noInvitation: "There is no invitation in this address: open the link that you were given, as a whole.",
};

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
