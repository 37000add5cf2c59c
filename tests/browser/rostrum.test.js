// What the auctioneer does, as everyone sees it.

import { test } from "node:test";
import { stage } from "./support/stage.js";

const { server, browser } = await stage();

test("live text, fair warning, a pause, and why it was called off", async () => {
  await server.create("Eva", { id: "lot", title: "Brass sextant", start: 10_000, duration_ms: 600_000, soft_close: false });
  const eva = await server.tokenOf("Eva");
  const command = async (body) => {
    const { status, body: answer } = await server.ask("POST", "/api/auctions/lot/commands", { as: eva, body });
    if (status !== 200) throw new Error(JSON.stringify(answer));
  };
  const ana = await browser.open(server.url("/a/lot"));
  await ana.connected();
  await command({ type: "announce", text: "Do I hear <b>one hundred</b>?" });
  await ana.reads("#rostrum", "Do I hear <b>one hundred</b>?");
  const ben = await browser.open(server.url("/a/lot"));
  await ben.reads("#live", "Do I hear <b>one hundred</b>?");

  await command({ type: "warn", stage: 1 });
  await ana.reads("#warning", "Going once …");
  await command({ type: "warn", stage: 2 });
  await ben.reads("#warning", "Going twice …");
  await ana.picture("going-twice");
  await server.bid("Cleo", "lot", 10_000);
  await ana.reads("#rostrum", "Do I hear <b>one hundred</b>?");

  await command({ type: "announce", text: "Sold it is not yet." });
  await ben.reads("#live", "Sold it is not yet.");
  await command({ type: "announce", text: "" });
  await ana.has("#rostrum", "hidden", "");
  await command({ type: "pause" });
  await ana.reads("#countdown", "Paused");
  await command({ type: "cancel", reason: "The frame is broken." });
  await ana.reads("#outcome", /The auction was called off\. No bid counts\. The reason: The frame is broken\./);
  await ben.page.reload();
  await ben.reads("#outcome", /The reason: The frame is broken\./);
});
