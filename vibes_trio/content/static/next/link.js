// next/link: a link that stays on the page.
import { createElement, forwardRef } from "react";
import { hrefOf, navigate } from "vibes-next:address";

const OWN = ["replace", "scroll", "prefetch", "shallow", "passHref", "legacyBehavior", "locale", "as", "onNavigate"];

function isPlain(event) {
  const { target } = event.currentTarget;
  const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
  return !event.defaultPrevented && !other && (!target || target === "_self");
}

const Link = forwardRef(function Link({ href, children, onClick, ...props }, ref) {
  const { replace, scroll } = props;
  const rest = Object.fromEntries(Object.entries(props).filter(([name]) => !OWN.includes(name)));
  const address = hrefOf(href);
  const follow = (event) => {
    onClick?.(event);
    const url = new URL(address, location.href);
    if (!isPlain(event) || url.origin !== location.origin || event.currentTarget.hasAttribute("download")) return;
    event.preventDefault();
    navigate(address, { replace, scroll });
  };
  return createElement("a", { ...rest, href: address, onClick: follow, ref }, children);
});

export default Link;
export const useLinkStatus = () => ({ pending: false });
