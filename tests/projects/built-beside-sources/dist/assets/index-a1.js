document.querySelector("#app").innerHTML = '<h1>Garden, built</h1><img src="/assets/dot-c3.svg" width="20" height="20" alt="">';
import("./later-d4.js").then((part) => part.show());
