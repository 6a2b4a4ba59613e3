import React from "react";
import { callAI } from "call-ai";
import { ImgVibes } from "img-vibes";
import { useFireproof } from "use-fireproof";
import { useViewer, useVibe } from "use-vibes";

function Composer({ database }) {
  const { can, ready, me } = useVibe("pictureWall");
  const [caption, setCaption] = React.useState("");
  const [busy, setBusy] = React.useState(false);
  const verdict = ready ? can.create({ type: "post", authorHandle: me?.userHandle }) : { ok: false, reason: "…" };
  if (!verdict.ok) return <p id="refused">{verdict.reason}</p>;

  async function post(event) {
    event.preventDefault();
    if (!caption.trim() || busy) return;
    setBusy(true);
    let tags = [];
    try {
      const schema = { properties: { tags: { type: "array", items: { type: "string" } } } };
      tags = JSON.parse(await callAI(`Three tags for: ${caption}`, { schema })).tags;
    } catch {
      tags = ["untagged"];
    }
    await database.put({ type: "post", caption, tags, authorHandle: me.userHandle, createdAt: Date.now() });
    setCaption("");
    setBusy(false);
  }

  return (
    <form onSubmit={post} className="flex gap-2 my-4">
      <input value={caption} onChange={(e) => setCaption(e.target.value)} placeholder="What is on it?" className="border flex-1 px-2" />
      <button className="bg-sky-600 text-white px-3 py-1 rounded" disabled={busy}>{busy ? "…" : "Post"}</button>
    </form>
  );
}

function Card({ post, database, access }) {
  const { ViewerTag, isOwner } = useViewer();
  return (
    <li className="border rounded-lg overflow-hidden">
      <ImgVibes _id={post._id} database={database} prompt={`A photo of ${post.caption}`} className="w-full" />
      <div className="p-3 flex items-center gap-2">
        <ViewerTag userHandle={post.authorHandle} />
        <strong>{post.caption}</strong>
        {post.tags.map((tag) => <em key={tag} className="text-sm text-zinc-500">#{tag}</em>)}
        {(isOwner || access.hasRole("moderator")) && (
          <button className="ml-auto" onClick={() => database.del(post._id)}>Delete</button>
        )}
      </div>
    </li>
  );
}

export default function App() {
  const { viewer, isViewerPending } = useViewer();
  const { database, useLiveQuery, access } = useFireproof("pictureWall");
  const { docs: posts } = useLiveQuery("type", { key: "post", descending: true });
  if (isViewerPending) return null;

  return (
    <main className="max-w-lg mx-auto p-6">
      <h1 className="text-2xl font-bold">Picture wall</h1>
      <p>{viewer ? `Hello, ${viewer.displayName ?? viewer.userHandle}` : "Sign in to post"}</p>
      <Composer database={database} />
      {posts.length === 0 && <p id="empty">Nothing yet</p>}
      <ul className="space-y-4">
        {posts.map((post) => <Card key={post._id} post={post} database={database} access={access} />)}
      </ul>
    </main>
  );
}
