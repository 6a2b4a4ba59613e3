"use client";
import { use } from "react";
import { useParams, useRouter, useSearchParams } from "next/navigation";

export default function Plant({ params }: { params: Promise<{ id: string }> }) {
  const { id } = use(params);
  const router = useRouter();
  return (
    <main>
      <h1>{`${id} ${useParams().id} ${useSearchParams().get("size")}`}</h1>
      <button onClick={() => router.push("/")}>back</button>
    </main>
  );
}
