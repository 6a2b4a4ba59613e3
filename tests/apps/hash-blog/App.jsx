import { useHashRoute, Link } from "./router.jsx";
import { POSTS, findPost } from "./posts/index.js";
import NotFound from "./pages/NotFound";
import Post from "./pages/Post";

const Home = () => (
  <>
    <h1 className="text-4xl font-extrabold">Notes from the allotment</h1>
    <ul className="mt-6 space-y-3">
      {POSTS.map(({ slug, title, date }) => (
        <li key={slug}>
          <time dateTime={date} className="text-gray-500 mr-3">{date}</time>
          <Link to={`/posts/${slug}`}>{title}</Link>
        </li>
      ))}
    </ul>
  </>
);

const About = () => (
  <>
    <h1>About</h1>
    <p>One person, forty square metres, too many courgettes.</p>
  </>
);

const ROUTES = [
  [/^\/$/, Home],
  [/^\/about\/?$/, About],
  [/^\/posts\/(?<slug>[\w-]+)$/, ({ slug }) => (findPost(slug) ? <Post post={findPost(slug)} /> : <NotFound what={slug} />)],
];

export default function Blog() {
  const path = useHashRoute();
  for (const [pattern, Page] of ROUTES) {
    const match = pattern.exec(path);
    if (match)
      return (
        <Shell>
          <Page {...match.groups} />
        </Shell>
      );
  }
  return <Shell><NotFound what={path} /></Shell>;
}

function Shell({ children }) {
  return (
    <div className="max-w-xl mx-auto p-8 font-serif">
      <nav className="flex gap-4 border-b pb-2 mb-6">
        <Link to="/">Home</Link>
        <Link to="/about">About</Link>
      </nav>
      <main>{children}</main>
    </div>
  );
}
