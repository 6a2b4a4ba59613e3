export const readingTime = ({ body }) => Math.max(1, Math.round(body.split(/\s+/).length / 200));
