export const apiUrl = import.meta.env.VITE_API_URL || "http://localhost:3000";

if (import.meta.env.DEV) throw new Error("this is no development server");
