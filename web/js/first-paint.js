// Runs before the page is seen, and before any module is here: what the server has written for everyone, this writes for whoever reads. The
// same as the modules write (money.js, time.js, words.js: a test holds them together), so that nothing changes when they come.
{
  const { lang, dataset: page } = document.documentElement;
  const of = (tag) => tag.split("-")[0].toLowerCase();
  const [own] = navigator.languages;
  const foreign = own && !["en", "es"].includes(of(own));
  const locale = foreign ? own : navigator.languages.find((tag) => of(tag) === lang) ?? lang;
  const all = (name) => document.querySelectorAll(`[data-${name}]`);

  for (const node of all("minor")) {
    const { minor, currency, decimals } = node.dataset;
    const digits = minor.padStart(Number(decimals) + 1, "0");
    const text = decimals === "0" ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
    const places = { minimumFractionDigits: Number(decimals), maximumFractionDigits: Number(decimals) };
    try {
      node.textContent = new Intl.NumberFormat(locale, { style: "currency", currency, ...places }).format(text);
    } catch {
      node.textContent = `${text} ${currency}`; // a currency this browser has never heard of
    }
    const price = node.closest(".price");
    if (price) price.dataset.long = node.textContent.length > 11;
  }

  const [navigation] = performance.getEntriesByType("navigation");
  const now = Number(page.now) + performance.now() - (navigation?.responseStart ?? 0);
  const pad = (number) => String(number).padStart(2, "0");
  for (const node of all("until")) {
    const total = Math.max(0, Math.ceil((node.dataset.until - now) / 1000));
    const [seconds, minutes, hours] = [total % 60, Math.floor(total / 60) % 60, Math.floor(total / 3600)];
    if (hours >= 24) node.textContent = page.daysHours.replace("{days}", Math.floor(hours / 24)).replace("{hours}", hours % 24);
    else node.textContent = hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`;
  }

  const writer = (options) => { // as they cost some milliseconds, only where there is something to write
    let made;
    return (ms) => (made ??= new Intl.DateTimeFormat(locale, options)).format(new Date(Number(ms)));
  };
  const clock = writer({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = writer({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const full = writer({ dateStyle: "medium", timeStyle: "medium" });
  const dateOf = (ms) => new Date(Number(ms)).toDateString();
  for (const node of all("moment")) {
    const { moment } = node.dataset;
    node.textContent = (dateOf(moment) === dateOf(now) ? clock : day)(moment);
  }
  for (const node of all("full")) node.textContent = full(node.dataset.full);

  for (const node of all("hue")) node.style.setProperty("--hue", node.dataset.hue);
}
