const post = {
  slug: "slugs",
  title: "The slug diaries",
  date: "2024-04-02",
  body: "Beer traps: 3. Slugs: 41.\n\nThe copper tape did nothing; the hedgehog did everything.",
};
export { post as default };
