// How many decimals a currency has, by ISO 4217. The browser's own tables will not do: for some currencies they say how cash is counted (HUF: none),
// and the server would take the amount for a hundredth of what was meant.

const DECIMALS = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map((code) => [code, 0]),
  ...["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"].map((code) => [code, 0]),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((code) => [code, 3]),
  ...["CLF", "UYW"].map((code) => [code, 4]),
]);

/** 2 where nothing else is known: whether there is such a currency is for the server to say. */
export function decimalsOf(code) {
  return DECIMALS.get(code) ?? 2;
}
