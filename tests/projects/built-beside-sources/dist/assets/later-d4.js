export const show = () => document.querySelector("h1").append(", and more");
