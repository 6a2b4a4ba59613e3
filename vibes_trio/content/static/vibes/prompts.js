// In the place of `@vibes.diy/prompts`, with which the reference's site writes its requests to a model. Apps have no use
// for it; one that imports it is told so, in the page.
throw new Error("The package @vibes.diy/prompts is part of the reference's site and not available on this server.");
