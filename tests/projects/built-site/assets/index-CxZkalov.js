document.getElementById("root").textContent = "boot";
export {};
