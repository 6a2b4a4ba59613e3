import React, { Suspense, lazy, useState } from "react";
import Frame from "./Frame";

const Spinner = () => <div role="status">One moment…</div>;

// Each room is fetched when it is entered.
const rooms = {
  circles: lazy(() => import("./rooms/Circles")),
  squares: lazy(() => import("./rooms/Squares.jsx")),
  waves: lazy(() => import("./rooms/Waves").then(({ Waves }) => ({ default: Waves }))),
};

export default function Gallery() {
  const [name, setName] = useState(null);
  const Room = name && rooms[name];
  return (
    <div className="p-8 bg-stone-900 text-stone-100 min-h-screen">
      <h1 className="text-3xl mb-6">Gallery</h1>
      <div className="flex gap-3 mb-6">
        {Object.keys(rooms).map((key) => <button key={key} data-room={key} className="border px-3 py-1" onClick={() => setName(key)}>{key}</button>)}
      </div>
      <Suspense fallback={<Spinner />}>
        <Frame title={name ?? "The hall"}>{Room ? <Room size={240} /> : <p>Choose a room.</p>}</Frame>
      </Suspense>
    </div>
  );
}
