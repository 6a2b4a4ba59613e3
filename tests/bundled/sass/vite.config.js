import { fileURLToPath, URL } from "node:url";
import { defineConfig } from "vite";
import react from "@vitejs/plugin-react";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  css: {
    preprocessorOptions: {
      scss: { api: "modern-compiler", additionalData: `@use "@/styles/given" as *;\n` },
    },
  },
});
