export default {
  slug: "runner-beans",
  title: "Runner beans, again",
  date: "2024-06-12",
  body: `They climb. They *always* climb.

Two metres of hazel and they were over the top by Sunday. See also \`peas\` and the ${"string"} drawer.`,
};
