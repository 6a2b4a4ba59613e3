const رسائل = {
  hello: "مرحبا {name}",
  "letters.few": "في اسمك {n} حروف",
  "letters.other": "في اسمك {n} حرف",
};
export default رسائل;
