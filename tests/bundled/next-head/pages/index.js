import Head from "next/head";
import Link from "next/link";

export default function Home({ name = "nobody" }) {
  return (
    <main>
      <Head>
        <>
          <meta name="description" content="pages" />
          <title>Title {1} of Next</title>
        </>
      </Head>
      Home of {name} <Link href="/about">About</Link>
    </main>
  );
}

export async function getStaticProps() {
  return { props: { name: "Ada" } };
}
