// Looks at a report's page in Chromium, as a reader would: check.js PAGE FOLDER
//
// Screenshots and a print are left in FOLDER. Ends with 1 if anything is not as it should be.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, folder] = process.argv.slice(2);
const address = pathToFileURL(file).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HEIGHT = 900;
const WIDTHS = [360, 800, 1400];
const THEMES = ["light", "dark"];
// A page is looked at as far as it differs by width; what axe asks of a page does not.
const AXE_WIDTHS = [360, 1400];

let failures = 0;
const check = (what, holds, told = "") => {
  if (holds) return;
  failures += 1;
  console.error(`FAILED ${what}${told && `: ${told}`}`);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Chromium's own sandbox is not to be had as root.
  args: ["--no-sandbox"],
});

/** Opens the page; whatever it asks for besides itself, or complains of, is a failure. */
const open = async (options, hash = "") => {
  const context = await browser.newContext({ viewport: { width: 1400, height: HEIGHT }, ...options });
  const page = await context.newPage();
  page.on("request", (request) => {
    const asked = request.url().split("#")[0];
    check("the page asks for nothing", asked === address, asked);
  });
  page.on("console", (message) => check("the console is empty", message.type() !== "error", message.text()));
  page.on("pageerror", (error) => check("the script runs", false, error.message));
  await page.goto(address + hash);
  return page;
};

const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));

/** What stands out of the page to the right. Frames may move what is in them. */
const overflowing = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll("main *, header *")].filter(
      (node) => !node.parentElement.closest(".frame, svg") && node.getBoundingClientRect().right > width + 1,
    );
    return {
      wide: document.documentElement.scrollWidth > width,
      told: out.slice(0, 3).map((node) => `${node.tagName} ${node.className} ${node.textContent.slice(0, 60)}`),
    };
  });

for (const colorScheme of THEMES) {
  for (const width of WIDTHS) {
    const at = `${width} wide, ${colorScheme}`;
    const page = await open({ viewport: { width, height: HEIGHT }, colorScheme });
    await page.screenshot({ path: `${folder}/${width}-${colorScheme}.png`, fullPage: true });
    await unfold(page);
    const { wide, told } = await overflowing(page);
    check(`nothing stands out, ${at}`, !wide && told.length === 0, told.join("; "));
    if (AXE_WIDTHS.includes(width)) {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() =>
        window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
      );
      for (const { id, help, nodes } of violations) {
        const where = nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary ?? ""}`);
        check(`axe, ${at}`, false, `${id}: ${help} (${nodes.length}): ${where.join(" | ")}`);
      }
    }
    await page.context().close();
  }
}

// Links lead to what they name, and open it.
{
  const page = await open({});
  const missing = await page.evaluate(() =>
    [...document.querySelectorAll('a[href^="#"]')]
      .map((link) => link.getAttribute("href").slice(1))
      .filter((id) => document.getElementById(id) === null),
  );
  check("every link within the page leads somewhere", missing.length === 0, missing.slice(0, 5).join(", "));
  const targets = await page.evaluate(() => [
    document.querySelector("details.rule").id,
    document.querySelector("details.scenario").id,
    document.querySelector("li.step:nth-child(2)").id,
    document.querySelector(".sources li:last-child").id,
    "matrices",
  ]);
  await page.context().close();
  for (const id of targets) {
    const page = await open({}, `#${id}`);
    await page.waitForTimeout(100);
    const seen = await page.evaluate((id) => {
      const node = document.getElementById(id);
      const { top, height } = node.getBoundingClientRect();
      const bar = document.getElementById("controls").getBoundingClientRect().bottom;
      const open = node.closest("details")?.open ?? true;
      return { open, height, top, bar, focused: node.contains(document.activeElement) };
    }, id);
    // The bar that stays at the top hides none of it.
    const there = seen.open && seen.height > 0 && seen.top >= seen.bar - 1 && seen.top < HEIGHT && seen.focused;
    check(`#${id} opens what it names`, there, JSON.stringify(seen));
    await page.context().close();
  }
}

// Search, filters, keys.
{
  const page = await open({});
  const shown = (kind) => page.locator(`[data-item]${kind}:not([hidden])`).count();
  const all = await shown("");
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent);
  check("the first stop leads past the head", first.startsWith("Skip"), first);
  await page.keyboard.press("/");
  await page.keyboard.type("fx-rf-01");
  const found = await shown(".rule");
  check("a search finds the rule", found > 0 && found < 20, `${found}`);
  check("a search opens what it found", await page.locator("#rule-FX-RF-01 > summary").isVisible());
  const told = await page.locator("#found").textContent();
  check("a search says how much it found", /^\d+ of \d+ /.test(told), told);
  await page.keyboard.press("Escape");
  check("nothing is left out after a search", (await shown("")) === all);
  await page.locator("#differing").check();
  const differing = await shown("");
  check("what differs is less than all", differing > 0 && differing < all, `${differing} of ${all}`);
  await page.locator("#differing").uncheck();
  await page.locator("#mark").selectOption("recorded");
  const marks = await page.evaluate(() => [
    ...new Set([...document.querySelectorAll("[data-mark]:not([hidden])")].map((node) => node.dataset.mark)),
  ]);
  check("the mark filters", marks.join() === "recorded", marks.join());
  await page.locator("#query").fill("no such word at all");
  check("nothing may be found", (await shown("")) === 0);
  // A link to what is left out shows it again.
  await page.evaluate(() => (location.hash = "#rule-FX-RF-01"));
  await page.waitForTimeout(100);
  check("a link shows what was left out", await page.locator("#rule-FX-RF-01 > summary").isVisible());
  await page.keyboard.press("Enter");
  check("a key folds", !(await page.locator("#rule-FX-RF-01").evaluate((node) => node.open)));
  await page.context().close();
}

// Without its script, and on paper.
{
  const page = await open({ javaScriptEnabled: false });
  check("without script, nothing is there that does nothing", !(await page.locator("#controls").isVisible()));
  check("without script, it says what differs", await page.locator("#verdict .lead").isVisible());
  await page.locator("details.topic > summary").last().click();
  check("without script, it unfolds", await page.locator("details.topic[open]").last().isVisible());
  await page.emulateMedia({ media: "print" });
  check("without script, paper has what is folded", await page.locator("details.rule .body").first().isVisible());
  await page.context().close();
  const printed = await open({});
  const paper = await printed.pdf({ path: `${folder}/page.pdf`, format: "A4", printBackground: true });
  check("it prints", paper.length > 50_000, `${paper.length} bytes`);
  await printed.context().close();
}

await browser.close();
if (failures > 0) {
  console.error(`${failures} failed`);
  process.exitCode = 1;
}
