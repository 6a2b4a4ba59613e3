// next/image: the picture as it is.
import { createElement, forwardRef } from "react";

const FILL = { position: "absolute", inset: 0, width: "100%", height: "100%" };

export function getImageProps(given) {
  const { src, alt = "", fill, priority, preload, loader, quality, placeholder, blurDataURL, unoptimized, ...rest } = given;
  const { layout, objectFit, objectPosition, onLoadingComplete, overrideSrc, style, ...props } = rest;
  const picture = typeof src === "object" && src !== null ? (src.default ?? src) : { src };
  const width = props.width ?? picture.width;
  const address = overrideSrc ?? picture.src ?? String(picture);
  const isFull = fill || layout === "fill";
  return {
    props: {
      ...props,
      alt,
      src: loader ? loader({ src: address, width: Number(width) || 1080, quality }) : address,
      width: isFull ? undefined : width,
      height: isFull ? undefined : (props.height ?? picture.height),
      loading: priority || preload ? "eager" : (props.loading ?? "lazy"),
      decoding: "async",
      style: { ...(isFull ? FILL : {}), ...(objectFit ? { objectFit, objectPosition } : {}), ...style },
      onLoad: onLoadingComplete ? (event) => onLoadingComplete(event.currentTarget) : props.onLoad,
    },
  };
}

const Image = forwardRef((props, ref) => createElement("img", { ...getImageProps(props).props, ref }));
Image.displayName = "Image";
export default Image;
