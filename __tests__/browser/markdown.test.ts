import { expect, it } from "@jest/globals";
import { type Page } from "playwright-core";
import { accessibilityFaults, answers, ask, describePage, idle } from "./chat-page";

const INSTALL = "```bash\n# install\nnpm i **B** `x`\n```";

describePage("Markdown on the chat page", (visit) => {
  async function answered(text: string): Promise<Page> {
    const { page, complaints } = await visit({ pieces: text.split(/(?=\s)/) }, { context: CLIPBOARD });
    await ask(page, "Show me");
    await idle(page);
    expect(complaints).toEqual([]);
    return page;
  }
  const html = (page: Page, selector: string) => answers(page).locator(selector).first().innerHTML();

  it("leaves code as it is, and copies it", async () => {
    const page = await answered(`Do this:\n\n${INSTALL}\n\nand \`# that\`.`);
    expect(await answers(page).locator("pre code").textContent()).toBe("# install\nnpm i **B** `x`\n");
    expect(await answers(page).locator("p code").textContent()).toBe("# that");
    await page.getByRole("button", { name: "Copy code" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("# install\nnpm i **B** `x`");
  });

  it("shows a fence that is still being written as code", async () => {
    const page = await answered("```\n# not a heading");
    expect(await answers(page).locator("pre code").textContent()).toBe("# not a heading\n");
  });

  it("shows lists, tables, quotes and headings, the headings below those of the page", async () => {
    const page = await answered(
      "# Ankle\n\n1. Rest\n   - no stairs\n2. Cool\n\n> Wait a day.\n\n| Day | Do |\n|---|---|\n| 1 | rest |\n\n### Later\n- [x] walk",
    );
    expect(await answers(page).locator("ol > li").count()).toBe(2);
    expect(await answers(page).locator("ol > li > ul > li").textContent()).toBe("no stairs");
    expect(await answers(page).locator("blockquote").textContent()).toContain("Wait a day.");
    expect(await answers(page).locator("td").allTextContents()).toEqual(["1", "rest"]);
    expect(await answers(page).locator("h3").textContent()).toBe("Ankle");
    expect(await answers(page).locator("h4").textContent()).toBe("Later");
    expect(await answers(page).getByText("☑ walk").count()).toBe(1);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("opens links elsewhere without telling who asked, and makes none that runs a script", async () => {
    const page = await answered(
      "[one](https://example.org/a) [two](javascript:alert(1)) [three](data:text/html,x) [four](tel:112) ![five](https://example.org/p.png)",
    );
    const links = await answers(page)
      .locator(".text a")
      .evaluateAll((all) => all.map((a) => ["href", "target", "rel"].map((name) => a.getAttribute(name))));
    expect(links).toEqual([
      ["https://example.org/a", "_blank", "noopener noreferrer"],
      ["tel:112", "_blank", "noopener noreferrer"],
    ]);
    expect(await answers(page).locator(".text").textContent()).toBe("one two three four five\n");
    expect(await answers(page).locator("img").count()).toBe(0);
  });

  it("shows HTML as the text that it is", async () => {
    const text = 'Use <b>this</b>:\n\n<img src=x onerror="alert(1)">\n<script>alert(2)</script>';
    const page = await answered(text);
    expect(await html(page, ".text")).not.toMatch(/<(b|img|script)\b/);
    expect(await answers(page).locator(".text").innerText()).toBe(text);
  });
});

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };
