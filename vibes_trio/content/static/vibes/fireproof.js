// What apps get as `use-fireproof`: the database of the npm package, in the browser's own storage (IndexedDB, one for
// each app's host), with what newer apps expect of it besides: `access` and an `url` for each stored file.
//
// Nothing is synced unless the operator names a service: FPCLOUD_URL and DASHBOARD_URL.
import * as React from "react";
import { toCloud as openCloud, useFireproof as useNpmFireproof } from "@fireproof/use-fireproof";
export * from "@fireproof/use-fireproof";

const MAX_FILE_URLS = 500;

// All data lies with the visitor, so all of it is theirs.
const ACCESS = Object.freeze({
  roles: new Set(),
  channels: new Set(),
  hasRole: () => true,
  hasChannel: () => true,
});

// Sync

function notSetUp(what) {
  const how = "Whoever runs it names a service in the settings FPCLOUD_URL and DASHBOARD_URL.";
  return new Error(`${what} is not set up on this server: data stays in this browser. ${how}`);
}

/** Return what attaches a database to the cloud that is set up; without one, what fails and says so when used. */
export function toCloud(options = {}) {
  const { FPCLOUD_URL, DASHBOARD_URL } = globalThis.VIBES_ENV ?? {};
  const base = options.urls?.base ?? FPCLOUD_URL;
  const dashboardURI = options.dashboardURI ?? DASHBOARD_URL;
  if (base && dashboardURI) return openCloud({ ...options, dashboardURI, urls: { ...options.urls, base } });
  const error = notSetUp("Sync");
  return {
    error,
    configHash: () => "not set up",
    prepare: () => Promise.reject(error),
  };
}

const share = () => Promise.reject(notSetUp("Sharing"));

// Stored files: pages want an address for <img src>, the database gives bytes.

const fileUrls = new Map();

function storedFiles(doc) {
  return Object.values(doc?._files ?? {}).filter((file) => file?.cid && typeof file.file === "function");
}

const urlOf = (file) => fileUrls.get(String(file.cid))?.url;

/** Resolves once the file has an address, or can't be read. */
function loadUrl(file) {
  const key = String(file.cid);
  if (!fileUrls.has(key)) fileUrls.set(key, readUrl(key, file));
  return fileUrls.get(key).read;
}

function readUrl(key, file) {
  const entry = { url: undefined, read: undefined };
  const keep = (bytes) => {
    entry.url = URL.createObjectURL(bytes);
    dropOldUrls();
  };
  entry.read = file.file().then(keep, (error) => {
    fileUrls.delete(key); // the next who asks tries again
    console.error("A stored file could not be read", error);
  });
  return entry;
}

function dropOldUrls() {
  for (const [key, { url }] of fileUrls) {
    if (fileUrls.size <= MAX_FILE_URLS) return;
    fileUrls.delete(key);
    if (url) URL.revokeObjectURL(url);
  }
}

function withUrls(doc) {
  const files = storedFiles(doc);
  if (files.length === 0) return doc;
  for (const file of files) {
    // Not enumerable: a document that is put again must not take it along.
    Object.defineProperty(file, "url", { value: urlOf(file), configurable: true });
  }
  return { ...doc };
}

/**
 * Return *docs* with an `url` in each stored file, once its bytes are read. The list has to stay the same, as a value,
 * while the documents do.
 */
export function useFileUrls(docs) {
  const [loaded, setLoaded] = React.useState(0);
  // What lacks an address is what lacked one when this was rendered: it may have come since.
  const shown = React.useMemo(() => {
    const lacking = docs.flatMap(storedFiles).filter((file) => !urlOf(file));
    return { docs: docs.map(withUrls), lacking };
  }, [docs, loaded]);
  React.useEffect(() => {
    if (shown.lacking.length === 0) return undefined;
    let isHere = true;
    void Promise.all(shown.lacking.map(loadUrl)).then(() => isHere && setLoaded((count) => count + 1));
    return () => {
      isHere = false;
    };
  }, [docs]);
  return shown.docs;
}

function addUrlsToQuery(useQuery) {
  return function useLiveQuery(...query) {
    const result = useQuery(...query);
    return { ...result, docs: useFileUrls(result.docs) };
  };
}

function addUrlsToAllDocs(useAll) {
  return function useAllDocs(query = {}) {
    // The hook asks anew whenever it gets another object, even an equal one, and would never end.
    const stable = React.useMemo(() => query, [JSON.stringify(query)]);
    const result = useAll(stable);
    return { ...result, docs: useFileUrls(result.docs) };
  };
}

function addUrlsToDocument(useOne) {
  return function useDocument(...initial) {
    const result = useOne(...initial);
    const { doc } = result; // a new copy at each render, with the same files
    const files = storedFiles(doc).map(({ cid }) => String(cid));
    const docs = React.useMemo(() => [doc], [files.join()]);
    useFileUrls(docs);
    withUrls(doc);
    return result;
  };
}

/**
 * Open a database (by name, or one that is open) and return it with its hooks.
 *
 * @param {object} options `attach: toCloud()` syncs where that is set up; `acl` has no meaning here
 */
export function useFireproof(name, { attach: wanted, acl, ...options } = {}) {
  const attach = wanted?.error ? undefined : wanted;
  const npm = useNpmFireproof(name, attach ? { ...options, attach } : options);
  const hooks = React.useMemo(
    () => ({
      useLiveQuery: addUrlsToQuery(npm.useLiveQuery),
      useAllDocs: addUrlsToAllDocs(npm.useAllDocs),
      useDocument: addUrlsToDocument(npm.useDocument),
    }),
    [npm.useLiveQuery, npm.useAllDocs, npm.useDocument],
  );
  const enableSync = React.useCallback(async () => {
    const cloud = toCloud();
    if (cloud.error) throw cloud.error;
    await npm.database.attach(cloud);
  }, [npm.database]);
  return {
    ...npm,
    ...hooks,
    access: ACCESS,
    attach: wanted?.error ? { ...npm.attach, state: "error", error: wanted.error } : npm.attach,
    enableSync,
    disableSync: () => {},
    syncEnabled: npm.attach?.state === "attached",
    share,
  };
}
