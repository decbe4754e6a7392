// SPDX-License-Identifier: GPL-2.0-only
// html.js FOLDER PICTURES: uses the pages that html.sh made in FOLDER.
"use strict";
const assert = require("assert");
const fs = require("fs");
const { chromium } = require("playwright-core");

const [folder, pictures] = process.argv.slice(2);
const number = (text) => Number(text.replace(/[^\d-]/g, ""));
let browser;

// A page in which nothing goes wrong and that loads nothing: see close().
async function open(name, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
	// A machine that has much else to do takes long.
	context.setDefaultTimeout(120000);
	const page = await context.newPage();
	const url = "file://" + folder + "/" + encodeURIComponent(name + ".html");
	page.wrong = [];
	page.on("console", (m) => page.wrong.push("console: " + m.text()));
	page.on("pageerror", (e) => page.wrong.push("error: " + e.stack));
	page.on("dialog", (d) => (page.wrong.push("dialog: " + d.message()), d.dismiss()));
	page.on("request", (r) => r.url() === url || page.wrong.push("request: " + r.url()));
	await page.goto(url);
	return page;
}

async function close(page) {
	assert.deepStrictEqual(page.wrong, []);
	await page.context().close();
}

const rowsOf = (page, section) =>
	page.$$eval(`#${section} table`, (tables) => [...tables[0].tBodies[0].rows].map((row) => [...row.cells].map((c) => c.textContent)));

// What the page says is what collect report says.
async function counts(page, name) {
	const report = JSON.parse(fs.readFileSync(`${folder}/${name}.json`));
	const data = await page.evaluate(() => kpx.data);
	const rows = await rowsOf(page, "ledger");
	for (const event of report.events) {
		const row = rows.find((r) => r[0] === event.name);
		assert(row, "no " + event.name);
		assert.deepStrictEqual(row.slice(1, 3).map(number), [event.count, event.delivered]);
		assert.deepStrictEqual([4, 5, 6, 7, 8].map((i) => number(row[i])), [event.lost, event.missed, event.filtered, event.self, event.unexplained]);
		assert.strictEqual(row[9] === "complete", event.complete);
		const line = data.lines.find((l) => l.name === event.name);
		const sum = line.counts.filter((_, i) => i % 2).reduce((a, b) => a + b, 0);
		assert.strictEqual(sum, event.rows, "time line of " + event.name);
	}
	assert.strictEqual(data.rows, report.totals.rows);
	assert.strictEqual(data.totals.count, report.totals.count);
	assert.strictEqual(data.processes.reduce((n, p) => n + p[2], 0), report.totals.rows);
	for (const event of report.events)
		for (const field of event.fields) {
			const here = data.fields.find((f) => f.event === event.name && f.field === field.name);
			assert.strictEqual(here.distinct, field.distinct);
			assert.deepStrictEqual([here.min, here.max], [field.min, field.max].map((v) => BigInt(v).toString()).map((v, i) => (Number.isSafeInteger([field.min, field.max][i]) ? v : [here.min, here.max][i])));
			assert.deepStrictEqual(here.top.map((t) => t[1]), field.top.map((t) => t.count));
		}
	return report;
}

async function drag(page, chart, from, to) {
	const box = await page.locator(chart + " .u-over").boundingBox();
	await page.mouse.move(box.x + box.width * from, box.y + 40);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 4 });
	await page.mouse.up();
}

const range = (page) => page.evaluate(() => ({ from: kpx.range.from, to: kpx.range.to, selected: kpx.range.selected, all: kpx.range.all }));
const said = (page) => page.textContent("#range");

async function timeline(page) {
	await page.locator("#timeline").scrollIntoViewIfNeeded();
	await drag(page, "#timeline-chart", 0.25, 0.5);
	const { selected, all } = await range(page);
	assert(Math.abs(selected.from / all - 0.25) < 0.01 && Math.abs(selected.to / all - 0.5) < 0.01);
	assert.match(await said(page), /^Selected: /);
	// Counted anew, of what is in the page.
	const want = await page.evaluate(({ from, to }) => kpx.data.lines.reduce((n, line) => {
		for (let i = 0, at = 0; i < line.counts.length; i += 2) {
			at += line.counts[i];
			n += at >= from && at < to ? line.counts[i + 1] : 0;
			at++;
		}
		return n;
	}, 0), selected);
	assert.strictEqual(number((await said(page)).match(/, ([\d,]+) event/)[1]), want);
	const part = (await rowsOf(page, "ledger")).reduce((n, row) => n + number(row[3]), 0);
	assert.strictEqual(part, want);
	await page.click("#zoom-in");
	assert.deepStrictEqual((({ from, to }) => ({ from, to }))(await range(page)), selected);
	await page.click("#zoom-out");
	const wider = await range(page);
	assert(wider.to - wider.from > 1.9 * (selected.to - selected.from));
	await page.click("#zoom-reset");
	assert.strictEqual((await range(page)).to, all);
	assert(await page.isDisabled("#zoom-in"));
	const box = page.locator("#timeline .keys input").first();
	await box.uncheck();
	assert.strictEqual(await box.isChecked(), false);
	await box.check();
}

async function keyboard(page) {
	const seen = [];
	for (let i = 0; i < 60 && seen[seen.length - 1] !== "flame-chart"; i++) {
		await page.keyboard.press("Tab");
		seen.push(await page.evaluate(() => document.activeElement.id || document.activeElement.getAttribute("aria-label") || document.activeElement.textContent.trim()));
		if (seen[seen.length - 1] === "timeline-chart") await keysOfTimeline(page);
	}
	assert.strictEqual(seen[0], "Skip to the trace");
	for (const [before, after] of [["Ledger", "theme"], ["theme", "Search events"], ["Search events", "timeline-chart"], ["timeline-chart", "heat-call"], ["heat-call", "flame-search"], ["flame-search", "flame-chart"]])
		assert(seen.includes(before) && seen.indexOf(before) < seen.indexOf(after), `${before}, ${after} of ${seen}`);
	await keysOfFlame(page);
}

async function keysOfTimeline(page) {
	for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
	for (let i = 0; i < 10; i++) await page.keyboard.press("Shift+ArrowRight");
	const { selected, all } = await range(page);
	assert(selected && Math.abs((selected.to - selected.from) / all - 0.1) < 0.02, JSON.stringify(selected));
	await page.keyboard.press("Shift+ArrowLeft");
	assert((await range(page)).selected.to < selected.to);
	await page.keyboard.press("Enter");
	assert((await range(page)).to < all / 2);
	await page.keyboard.press("-");
	await page.keyboard.press("+");
	await page.keyboard.press("Escape");
	assert.deepStrictEqual((({ from, to, selected: s }) => [from, to, s])(await range(page)), [0, all, null]);
}

const details = (page) => page.textContent("#flame-details");

async function keysOfFlame(page) {
	assert.match(await details(page), /^all: /);
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	const deep = await details(page);
	assert.doesNotMatch(deep, /^all: /);
	await page.keyboard.press("ArrowRight");
	await page.keyboard.press("ArrowLeft");
	assert.strictEqual(await details(page), deep);
	await page.keyboard.press("Enter");
	assert.strictEqual(await page.isDisabled("#flame-reset"), false);
	await page.keyboard.press("Escape");
	assert.strictEqual(await page.isDisabled("#flame-reset"), true);
}

const widest = (page) => page.$$eval("#flame-chart g.frame", (frames) =>
	Object.fromEntries(frames.map((g) => [g.__data__.id, Math.round(g.querySelector("rect").getBoundingClientRect().width)])));

async function flame(page) {
	await page.locator("#flame-chart").scrollIntoViewIfNeeded();
	const before = await widest(page);
	const frame = page.locator("#flame-chart g.frame").nth(2);
	const id = await frame.evaluate((g) => g.__data__.id);
	const name = await frame.evaluate((g) => g.__data__.data.name);
	await frame.click();
	await page.waitForFunction((n) => document.querySelector("#flame-details").textContent.startsWith(n), name);
	await page.waitForFunction(([i, w]) => [...document.querySelectorAll("#flame-chart g.frame")].some((g) => g.__data__.id === i && g.querySelector("rect").getBoundingClientRect().width > w), [id, before[id]]);
	await page.click("#flame-reset");
	await page.waitForFunction(([i, w]) => [...document.querySelectorAll("#flame-chart g.frame")].some((g) => g.__data__.id === i && Math.abs(g.querySelector("rect").getBoundingClientRect().width - w) < 3), [id, before[id]]);
	await page.fill("#flame-search", "do_syscall");
	await page.waitForFunction(() => /^\d[\d,]* frames?, /.test(document.querySelector("#flame-found").textContent));
	await page.fill("#flame-search", "((");
	assert.match(await page.textContent("#flame-found"), /^0 frames/);
	await page.fill("#flame-search", "");
	assert.strictEqual(await page.textContent("#flame-found"), "");
}

async function tables(page, report) {
	const before = await rowsOf(page, "latency");
	await page.fill('[aria-label="Search calls"]', "getppid");
	const found = await rowsOf(page, "latency");
	assert.deepStrictEqual(found.map((r) => r[0]), ["getppid"]);
	const calls = number(found[0][1]);
	assert(calls >= 9000 && calls < 9100, calls); // a shell begins with one
	await page.fill('[aria-label="Search calls"]', "no such call");
	assert.strictEqual((await rowsOf(page, "latency")).length, 0);
	await page.fill('[aria-label="Search calls"]', "");
	assert.deepStrictEqual(await rowsOf(page, "latency"), before);

	const head = page.locator("#processes th", { hasText: "PID" });
	await head.locator("button").click();
	assert.strictEqual(await head.getAttribute("aria-sort"), "ascending");
	const pids = (await rowsOf(page, "processes")).map((r) => Number(r[1]));
	assert.deepStrictEqual(pids, pids.slice().sort((a, b) => a - b));
	await head.locator("button").press("Enter");
	assert.strictEqual(await head.getAttribute("aria-sort"), "descending");
	const rows = (await rowsOf(page, "functions")).length;
	await page.click("#functions button:has-text('more')");
	assert((await rowsOf(page, "functions")).length > rows);
	await page.fill('[aria-label="Search values"]', "bin/md5sum");
	assert.match(await page.textContent("#values"), /“\/usr\/bin\/md5sum”3/);
	assert(report.events.length >= 5);
}

const colours = (page) => page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map((c) => kpx.channels(c)[0]));

async function dark(page) {
	const isDark = async () => (([back, text]) => (assert(Math.abs(back - text) > 150), back < text))(await colours(page));
	await page.emulateMedia({ colorScheme: "light" });
	assert.strictEqual(await isDark(), false);
	await page.emulateMedia({ colorScheme: "dark" });
	assert.strictEqual(await isDark(), true);
	await page.selectOption("#theme", "light");
	assert.strictEqual(await isDark(), false);
	await page.emulateMedia({ colorScheme: "light" });
	await page.selectOption("#theme", "dark");
	assert.strictEqual(await isDark(), true);
	await page.reload();
	assert.strictEqual(await isDark(), true, "the choice is kept");
	await page.screenshot({ path: pictures + "/report-dark.png", fullPage: true });
	await page.selectOption("#theme", "");
	assert.strictEqual(await isDark(), false);
}

async function heatmap(page) {
	await page.locator("#heat-chart").scrollIntoViewIfNeeded();
	const drawn = () => page.$eval("#heat-chart canvas", (c) => c.toDataURL());
	const first = await drawn();
	await page.selectOption("#heat-call", "1");
	assert.notStrictEqual(await drawn(), first);
	await drag(page, "#heat-chart", 0.6, 0.8);
	assert((await range(page)).selected);
	// Over a cell there is what it says.
	const place = await page.evaluate(() => {
		const cells = kpx.data.calls[1].cells;
		return { column: cells[0], row: cells[1], count: cells[2] };
	});
	const box = await page.locator("#heat-chart .u-over").boundingBox();
	const columns = await page.evaluate(() => kpx.data.columns);
	for (let y = 2; y < box.height; y += 3) {
		await page.mouse.move(box.x + ((place.column + 0.5) / columns) * box.width, box.y + y);
		if (await page.isVisible("#heat-chart .tip")) break;
	}
	assert.match(await page.textContent("#heat-chart .tip"), /^[\d,]+ calls? of .* to .*\nbetween /);
	await page.keyboard.press("Escape");
	await page.evaluate(() => kpx.range.reset());
	await page.selectOption("#heat-call", "0");
}

// Whatever can be worked has a name and a role, as a screen reader finds it.
async function named(page) {
	const session = await page.context().newCDPSession(page);
	const { nodes } = await session.send("Accessibility.getFullAXTree");
	const roles = new Set(["button", "checkbox", "searchbox", "combobox", "link", "table", "image", "heading"]);
	const seen = new Set();
	for (const node of nodes) {
		if (node.ignored || !roles.has(node.role.value)) continue;
		seen.add(node.role.value);
		assert(node.name && node.name.value, JSON.stringify(node));
	}
	for (const role of ["button", "checkbox", "searchbox", "combobox", "link", "table", "image", "heading"]) assert(seen.has(role), role);
	assert.strictEqual(await page.$$eval("main section", (s) => s.filter((x) => !x.getAttribute("aria-labelledby")).length), 0);
}

async function report() {
	const page = await open("report");
	const json = await counts(page, "report");
	await page.screenshot({ path: pictures + "/report.png", clip: { x: 0, y: 0, width: 1280, height: 1500 }, fullPage: true });
	await named(page);
	await keyboard(page);
	await timeline(page);
	await heatmap(page);
	await flame(page);
	await tables(page, json);
	await dark(page);
	await page.setViewportSize({ width: 420, height: 800 });
	await page.waitForFunction(() => document.querySelector("#timeline-chart canvas").getBoundingClientRect().width < 420);
	assert(await page.evaluate(() => document.documentElement.scrollWidth <= 420), "it is wider than a narrow window");
	await page.screenshot({ path: pictures + "/report-narrow.png" });
	await close(page);
}

async function hostile() {
	const page = await open("hostile<i>");
	await counts(page, "hostile<i>");
	const text = await page.textContent("body");
	assert(text.includes('script><img src=x onerror="alert(1)"><b>&amp;\'\\u2028\\u202e\\xff\\n--><'), "the name isn't shown as it is");
	assert.strictEqual(await page.textContent("h1"), "hostile<i>.pb");
	assert(!/[\u2028\u202e]/.test(text));
	await page.locator("#flame-chart g.frame").nth(1).hover();
	await page.fill("#flame-search", "<img");
	assert.match(await page.textContent("#flame-found"), /^[1-9]/);
	assert.strictEqual(await page.$$eval("img, b, main i:not([aria-hidden] *):not([aria-hidden])", (e) => e.length), 0);
	assert.strictEqual(await page.$$eval("script", (e) => e.length), 3);
	await close(page);
}

async function million() {
	const page = await open("million");
	await counts(page, "million");
	assert((await page.evaluate(() => document.querySelectorAll("*").length)) < 20000);
	await drag(page, "#timeline-chart", 0.1, 0.9);
	assert.match(await said(page), /^Selected: /);
	await page.click("#zoom-in");
	for (let i = 0; i < 8; i++) {
		await page.focus("#timeline-chart");
		await page.keyboard.press("+");
	}
	const { from, to, all } = await range(page);
	assert(to - from < all / 100);
	await page.click("#zoom-reset");
	await page.fill('[aria-label="Search calls"]', "getppid");
	assert.strictEqual(number((await rowsOf(page, "latency"))[0][1]), process.env.MANY / 2);
	await close(page);
}

(async () => {
	browser = await chromium.launch({ timeout: 180000, executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
	try {
		await report();
		await hostile();
		await million();
	} finally {
		await browser.close();
	}
})().catch((error) => {
	console.error(error);
	process.exit(1);
});
