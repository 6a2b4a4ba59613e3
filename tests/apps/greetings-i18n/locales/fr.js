export default {
  hello: "Bonjour {name} !",
  "letters.one": "Ton prénom a {n} lettre.",
  "letters.other": "Ton prénom a {n} lettres.",
};
