import { expect, it } from "@jest/globals";
import { PATHS } from "../../service/src/contract.js";
import { describePage, screenshot, seen } from "./chat-page";

describePage("the page of the API", (visit, open) => {
  it("shows every operation and sends one under its policy, and asks no other host", async () => {
    const { origin } = await visit();
    const { page, complaints, origins } = await open(`${origin}${PATHS.apiDocs}`, {
      viewport: { width: 1280, height: 900 },
    });
    for (const summary of ["Answer a conversation", "The model that is loaded", "How urgent a complaint is"]) {
      await seen(page, summary);
    }
    await screenshot(page, "api-docs");
    await page.getByText("Liveness: the process lives").click();
    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table").getByText('"ok"').waitFor();
    await page.getByText("Answer a conversation").click();
    await seen(page, "messages");
    await screenshot(page, "api-docs-operation");
    // One element wants a style attribute. The policy refuses it, and nothing is missing.
    const others = complaints.filter((complaint) => !complaint.startsWith("Applying inline style violates"));
    expect([others, [...origins]]).toEqual([[], [origin]]);
  });
});
