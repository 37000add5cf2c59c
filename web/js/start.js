// Stands in the page, before its end: the scripts are asked for once the page has been seen, so that they do not keep the first price waiting.
// A page that opens out of sight is not drawn, and does not wait.
{
  const [first, ...others] = JSON.parse(document.getElementById("modules").textContent);
  let started = false;
  const add = (kind, what) => document.head.append(Object.assign(document.createElement(kind), what));
  const start = () => {
    if (started) return;
    started = true;
    add("script", { type: "module", src: first });
    ahead();
  };
  const ahead = () => { // a few at a time: a slow phone answers a finger in between
    for (const href of others.splice(0, 6)) add("link", { rel: "modulepreload", href });
    if (others.length > 0) setTimeout(ahead);
  };
  if (document.hidden) start();
  else requestAnimationFrame(() => setTimeout(start));
  setTimeout(start, 200);
}
