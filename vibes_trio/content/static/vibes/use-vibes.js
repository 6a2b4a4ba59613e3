// What apps get as `use-vibes` and `use-fireproof`, which are one module in the reference as well: database, model,
// images, visitor. Parts of the reference's own site that apps may import are there too, and show nothing, or say that
// they are not here.
import { createElement, Fragment } from "react";

export * from "@vibes/fireproof";
export { callAI, callAi } from "call-ai";
export { ImgGen, ImgVibes, base64ToFile, hashInput, useImgGen } from "img-gen";
export { getToken, signIn, useVibe, useViewer, ViewerTag } from "@vibes/viewer";

const passOn = ({ children }) => createElement(Fragment, null, children);
const nothing = () => null;

function notHere(name) {
  return () => {
    throw new Error(`${name} is part of the reference's site and not available on this server.`);
  };
}

export const AuthWall = passOn;
export const HiddenMenuWrapper = passOn;
export const VibeContextProvider = passOn;
export const VibeControl = nothing;
export const VibesPanel = nothing;
export const VibesSwitch = nothing;
export const defaultClasses = Object.freeze({});
export const mountVibesApp = notHere("mountVibesApp");
export const mountVibesAppToBody = notHere("mountVibesAppToBody");
export const mountVibeCode = notHere("mountVibeCode");
export const mountVibeWithCleanup = notHere("mountVibeWithCleanup");

/** A plain button; in the reference it has the looks of its site. */
export function VibesButton({ variant, icon, ignoreDarkMode, ...props }) {
  return createElement("button", { type: "button", ...props });
}

/** Apps inside apps are made by the reference's service, which is not here: the result says so. */
export function useVibes() {
  const error = new Error("Making apps from inside an app (useVibes) is not available on this server.");
  return { App: null, code: "", title: "", isLoading: false, progress: 0, error, regenerate: nothing };
}
