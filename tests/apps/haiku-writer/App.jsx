import React, { useState } from "react";
import { callAI } from "call-ai";

export default function HaikuWriter() {
  const [topic, setTopic] = useState("rain");
  const [haiku, setHaiku] = useState("");
  const [status, setStatus] = useState("idle");

  async function write() {
    setStatus("writing");
    setHaiku("");
    try {
      const answer = await callAI(`Write a haiku about ${topic}. Answer with the haiku alone.`);
      setHaiku(answer);
      setStatus("done");
    } catch (error) {
      setHaiku(error.message);
      setStatus("failed");
    }
  }

  return (
    <div className="min-h-screen bg-neutral-100 grid place-items-center">
      <div className="bg-white p-8 rounded shadow max-w-sm">
        <h1 className="text-xl mb-2">俳句</h1>
        <input value={topic} onChange={(e) => setTopic(e.target.value)} />
        <button onClick={write} disabled={status === "writing"}>Write</button>
        <pre id="haiku" data-status={status} className="whitespace-pre-wrap">{haiku}</pre>
      </div>
    </div>
  );
}
