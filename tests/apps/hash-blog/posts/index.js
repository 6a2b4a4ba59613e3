import beans from "./beans.js";
import slugs from "./slugs.js";

export const POSTS = [slugs, beans].sort((a, b) => b.date.localeCompare(a.date));
export const findPost = (slug) => POSTS.find((post) => post.slug === slug);
export * from "./format";
