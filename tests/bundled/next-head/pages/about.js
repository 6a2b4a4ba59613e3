import Head from "next/head";

export default function About() {
  return (
    <main>
      <Head>
        <title>About</title>
      </Head>
      About
    </main>
  );
}
