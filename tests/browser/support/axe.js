// Whether everybody can use a page: what axe finds, and what it cannot see. Everything here looks at a page as it stands; nothing is changed for good.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SIZES = [{ width: 320, height: 640 }, { width: 1280, height: 800 }];
const SCHEMES = ["light", "dark"];

/** Nothing to complain of: by axe and by our own checks, narrow and wide, by day and by night, with other colours, wider text and larger text. */
export async function assertAccessible(person, what) {
  const { page } = person;
  const before = page.viewportSize();
  const found = [];
  const note = (how, complaints) => found.push(...complaints.map((complaint) => `${how}: ${complaint}`));
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      note(`${colorScheme}, ${size.width} px`, await axe(page));
    }
    note(`${size.width} px`, await page.evaluate(fits));
    note(`${size.width} px`, await page.evaluate(targets));
    note(`${size.width} px, spaced text`, await styled(page, SPACED, fits));
    note(`${size.width} px, from right to left`, await turned(page));
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  note("text of 200 %", await styled(page, "html { font-size: 200% !important }", fits));
  await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
  note("forced colours", await page.evaluate(choices));
  await page.emulateMedia({ forcedColors: "none" });
  note("reduced motion", await page.evaluate(moving));
  await page.setViewportSize(before);
  assert.deepEqual(found, [], what);
}

/** Axe's findings, a line each. A policy for scripts does not bind what is evaluated from outside. */
export async function axe(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const options = { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };
    const { violations } = await globalThis.axe.run(document, options);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")} ${failureSummary.split("\n").at(-1).trim()}`));
  }, TAGS);
}

// WCAG 1.4.12
const SPACED = `* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }`;

/** What `check` says while the page has these styles, too. */
async function styled(page, styles, check) {
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [sheet];
  }, styles);
  const complaints = await page.evaluate(check);
  await page.evaluate(() => { document.adoptedStyleSheets = []; });
  return complaints;
}

async function turned(page) {
  await page.evaluate(() => { document.documentElement.dir = "rtl"; });
  const complaints = await page.evaluate(fits);
  await page.evaluate(() => { document.documentElement.removeAttribute("dir"); });
  return complaints;
}

/** In the page: nothing sticks out of it, no text is cut off, no text stands on another. */
export function fits() {
  const complaints = [];
  const { documentElement: root } = document;
  const nameOf = (node) => node.id ? `#${node.id}` : `${node.tagName.toLowerCase()}${[...node.classList].map((name) => `.${name}`).join("")}`;
  const meant = (node) => node.closest("[aria-hidden=true], .unseen") !== null || getComputedStyle(node).clipPath !== "none";
  const scrolls = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX) || ["auto", "scroll"].includes(getComputedStyle(node).overflowY);
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter((node) => node.checkVisibility() && !meant(node) && node.getBoundingClientRect().right > root.clientWidth + 1);
    complaints.push(`the page scrolls sideways (${root.scrollWidth} px): ${wide.slice(0, 4).map(nameOf).join(" ")}`);
  }
  const top = document.querySelector("dialog[open]") ?? document.body;
  const texts = [...top.querySelectorAll("*")].filter((node) => {
    const own = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim() !== "");
    return own && node.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true }) && !meant(node) && !["OPTION", "SCRIPT", "NOSCRIPT"].includes(node.tagName);
  });
  for (const node of texts) {
    const style = getComputedStyle(node);
    const hides = style.overflowX === "hidden" || style.overflowX === "clip";
    const shortened = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
    if (hides && !shortened && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1)) complaints.push(`${nameOf(node)} is cut off`);
  }
  const stuck = (node) => { // where it stands depends on how far one has scrolled
    for (let at = node; at; at = at.parentElement) if (["sticky", "fixed"].includes(getComputedStyle(at).position) || (at !== top && scrolls(at))) return at;
    return null;
  };
  const seenOf = (rect, node) => { // what those around it do not clip
    let { left, right, top: over, bottom } = rect;
    for (let at = node; at && at !== root; at = at.parentElement) {
      if (getComputedStyle(at).overflowX === "visible") continue;
      const box = at.getBoundingClientRect();
      [left, right, over, bottom] = [Math.max(left, box.left), Math.min(right, box.right), Math.max(over, box.top), Math.min(bottom, box.bottom)];
    }
    return { left, right, top: over, bottom };
  };
  const boxes = texts.map((node) => {
    const lines = [...node.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).flatMap((text) => {
      const range = document.createRange();
      range.selectNodeContents(text);
      return [...range.getClientRects()];
    });
    return { node, layer: stuck(node), rects: lines.map((rect) => seenOf(rect, node)).filter((rect) => rect.right - rect.left > 1 && rect.bottom - rect.top > 1) };
  });
  for (const [at, one] of boxes.entries()) {
    for (const other of boxes.slice(at + 1)) {
      if (one.layer !== other.layer || one.node.contains(other.node) || other.node.contains(one.node)) continue;
      const across = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
      if (one.rects.some((a) => other.rects.some((b) => across(a, b)))) complaints.push(`${nameOf(one.node)} stands on ${nameOf(other.node)}`);
    }
  }
  return complaints;
}

/** In the page: what can be pressed is 24 px in both directions, unless it stands in a sentence (WCAG 2.5.8). */
export function targets() {
  const small = [];
  const top = document.querySelector("dialog[open]") ?? document.body;
  for (const node of top.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    if (!node.checkVisibility() || node.type === "hidden") continue;
    const inSentence = getComputedStyle(node).display === "inline" && node.parentElement.textContent.trim() !== node.textContent.trim();
    const { width, height } = (node.closest("label") ?? node).getBoundingClientRect();
    const cover = getComputedStyle(node, "::after").position === "absolute" ? node.closest("li, article")?.getBoundingClientRect() : null;
    const [w, h] = [cover?.width ?? width, cover?.height ?? height];
    if (!inSentence && (w < 24 || h < 24)) small.push(`${node.id || node.textContent.trim() || node.tagName} is ${Math.round(w)} × ${Math.round(h)} px`);
  }
  return small;
}

/** In the page: what is chosen, and what cannot be pressed, looks so without colours of our own. */
export function choices() {
  const complaints = [];
  const look = (node) => {
    const { backgroundColor, color, borderColor, borderStyle, borderWidth, outlineStyle, outlineColor, forcedColorAdjust } = getComputedStyle(node);
    const ground = backgroundColor.replace(/^rgba\((.*), [\d.]+\)$/, "rgb($1)"); // of forced colours, the alpha alone is ours
    return [ground, color, borderColor, borderStyle, borderWidth, outlineStyle, outlineColor, forcedColorAdjust].join();
  };
  for (const chosen of document.querySelectorAll("input[type=radio]:checked")) {
    const other = [...document.querySelectorAll(`input[type=radio][name="${chosen.name}"]`)].find((node) => !node.checked && node.checkVisibility());
    if (!chosen.checkVisibility() || !other || getComputedStyle(chosen).opacity !== "0") continue;
    if (look(chosen.nextElementSibling) === look(other.nextElementSibling)) complaints.push(`which ${chosen.name} is chosen cannot be seen`);
  }
  const buttons = [...document.querySelectorAll(".button")].filter((node) => node.checkVisibility());
  for (const node of buttons) {
    const { borderTopStyle, borderTopWidth } = getComputedStyle(node);
    if (borderTopStyle === "none" || borderTopWidth === "0px") complaints.push(`${node.id} has no edge`);
  }
  return complaints;
}

/** In the page: nothing moves by itself. */
export function moving() {
  return document.getAnimations().filter(({ playState }) => playState === "running").map(({ effect, animationName, transitionProperty }) => (
    `${effect?.target?.id || effect?.target?.className} moves: ${animationName ?? transitionProperty}`
  ));
}
