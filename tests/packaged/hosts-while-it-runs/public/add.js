importScripts("https://cdn.jsdelivr.net/npm/sums@2/dist/sums.js");
postMessage(sums.add(2, 3));
