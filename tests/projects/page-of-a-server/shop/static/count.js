document.querySelector("p").textContent = `${1 + 1} things`;
