import type { Metadata } from "next";
import "./globals.css";

export const metadata: Metadata = { title: "Garden" };

export default function RootLayout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="de">
      <body className="warm">{children}</body>
    </html>
  );
}
