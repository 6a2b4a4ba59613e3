// A thin promise layer over IndexedDB.
const NAME = "notebook";
const STORE = "notes";

const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

const store = async (mode) => (await open()).transaction(STORE, mode).objectStore(STORE);

export const readAll = async () => asPromise((await store("readonly")).getAll());
export const put = async (note) => asPromise((await store("readwrite")).put({ ...note, changed: Date.now() }));
export const remove = async (id) => asPromise((await store("readwrite")).delete(id));
