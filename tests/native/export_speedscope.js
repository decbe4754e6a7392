// SPDX-License-Identifier: GPL-2.0-only
// export_speedscope.js INDEX PROFILE PICTURE: opens a profile in speedscope, of npm, and
// uses it. Prints as JSON what it shows: the names of its profiles, and of each function
// that was seen in the table of Sandwich, its total and its own time.
"use strict";
const assert = require("assert");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");

const [index, profile, picture] = process.argv.slice(2);

async function main(browser) {
	const page = await browser.newPage({ viewport: { width: 1000, height: 620 } });
	// A machine that has much else to do takes long.
	page.setDefaultTimeout(60000);
	const wrong = [];
	page.on("pageerror", (error) => wrong.push(error.stack));
	page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
	await page.goto(pathToFileURL(index).href);
	await page.locator("input[type=file]").setInputFiles(profile);

	// Each view has a tab.
	await page.getByText("Left Heavy").waitFor();
	const title = await page.title();
	await page.getByText("Left Heavy").click();
	await page.waitForTimeout(500);
	// Zoom in at a function of the first rows, and back.
	await page.mouse.move(300, 150);
	await page.mouse.dblclick(300, 150);
	await page.waitForTimeout(300);
	await page.keyboard.press("0");
	await page.waitForTimeout(500);
	await page.mouse.move(560, 255);
	await page.waitForTimeout(300);
	await page.screenshot({ path: picture });

	await page.getByText("Sandwich").click();
	await page.getByText("Symbol Name").waitFor();
	// Of all tables (the list of profiles is one, too) the rows from that header on.
	const lines = page.locator("tr");
	const all = await lines.evaluateAll((trs) => trs.map((tr) => [...tr.children].map((td) => td.textContent)));
	const head = all.findIndex((row) => row.includes("Symbol Name"));
	const rows = all.slice(head).filter((row) => row.length === 3);
	// Choosing one shows its callers and callees.
	await lines.nth(head + 1).click();
	await page.getByText("Callers").waitFor();
	await page.getByText("Callees").waitFor();
	assert.deepStrictEqual(wrong, []);
	console.log(JSON.stringify({ title, rows }));
}

chromium
	.launch({ timeout: 180000, executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--enable-unsafe-swiftshader", "--allow-file-access-from-files"] })
	.then((browser) => main(browser).finally(() => browser.close()))
	.catch((error) => {
		console.error(error);
		process.exit(1);
	});
