// The little of the DOM everything here needs. Text goes in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

/** Writes only what changed: live regions must not speak twice, and a selection must not jump. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** As `setText`, and gone while there is nothing to say. */
export function setNote(node, text) {
  setText(node, text ?? "");
  setHidden(node, !text);
}

/** Browsers draw a frame for what is written, whether it was so before or not. */
export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** As `setHidden`, for `data-…`. */
export function setData(node, name, value) {
  if (node.dataset[name] !== String(value)) node.dataset[name] = value;
}

export function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** A name somebody chose: isolated, so that its writing direction cannot turn its surroundings. */
export const nameOf = (person) => make("bdi", "name", person.name);

/** Replaces the children, unless they read the same. */
export function setContent(node, ...children) {
  const same = node.childNodes.length === children.length
    && children.every((child, at) => node.childNodes[at].textContent === (child.textContent ?? child));
  if (!same) node.replaceChildren(...children);
}
