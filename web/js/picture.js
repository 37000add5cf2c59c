// The picture of a lot, or a plate with its initial where there is none or it does not load.

import { make } from "./dom.js";

/** `lazy`: not before it comes into sight. */
export function picture({ id, title, image }, alt, { lazy = false } = {}) {
  if (!showable(image)) return plate(id, title);
  const img = make("img", "picture");
  img.alt = alt;
  if (lazy) img.loading = "lazy";
  img.decoding = "async";
  img.referrerPolicy = "no-referrer"; // pictures may lie on other hosts, which need not know who looks
  orPlate(img, { id, title });
  img.src = image;
  return img;
}

/** Where this picture does not load, or has not loaded, a plate takes its place. */
export function orPlate(img, { id, title }) {
  const replace = () => img.replaceWith(plate(id, title));
  if (img.complete && img.getAttribute("src") && img.naturalWidth === 0) return replace();
  img.addEventListener("error", replace, { once: true });
}

function showable(image) {
  return typeof image === "string" && /^(https?:\/\/|\/(?!\/))/i.test(image);
}

function plate(id, title) {
  const initial = [...title.trim()][0]?.toLocaleUpperCase() ?? "";
  const node = make("div", "picture plate", initial);
  node.setAttribute("aria-hidden", "true");
  node.style.setProperty("--hue", hueOf(id));
  return node;
}

/** Always the same for the same lot. */
function hueOf(id) {
  return [...id].reduce((hash, char) => (hash * 31 + char.codePointAt(0)) % 360, 7);
}
