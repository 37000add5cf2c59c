// Stands in the page, before its end: the scripts are asked for once the page has been seen, so that they do not keep the first price waiting.
// A page that opens out of sight is not drawn, and does not wait.
{
  const { content: src } = document.querySelector("meta[name=module]");
  let started = false;
  const start = () => {
    if (started) return;
    started = true;
    document.head.append(Object.assign(document.createElement("script"), { type: "module", src }));
  };
  if (document.hidden) start();
  else requestAnimationFrame(() => setTimeout(start));
  setTimeout(start, 200);
}
