import { readingTime } from "../posts";

export default function Post({ post }) {
  return (
    <article>
      <h1>{post.title}</h1>
      <small>{readingTime(post)} min read</small>
      {post.body.split("\n\n").map((paragraph, i) => (
        <p key={i}>{paragraph}</p>
      ))}
    </article>
  );
}
