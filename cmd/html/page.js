"use strict";
/* The ledger and the other tables, the head of the page, and its colours. */
(() => {
	const { data, make, count, range, table, section } = kpx;

	/* As a shell would take it. */
	function word(text) {
		return /^[\w@%+=:,./-]+$/.test(text) ? text : "'" + text + "'";
	}

	function head() {
		const { trace } = data;
		const name = data.file === "-" ? "standard input" : data.file.replace(/^.*\//, "");
		const from = new Date(Number(BigInt(data.from_ns) / 1000000n));
		const facts = [kpx.plural(data.rows, "event") + " in " + kpx.seconds(kpx.span, 0.001)];
		if (trace.host) facts.push("on " + trace.host);
		if (trace.kernel) facts.push("Linux " + trace.kernel + " " + trace.machine);
		if (trace.cpu) facts.push(trace.cpu + ", " + kpx.plural(trace.cpus, "CPU"));
		if (trace.realtime && !isNaN(from)) facts.push(from.toISOString().replace("T", " ").slice(0, 19) + " UTC");
		if (trace.count > 1) facts.push(trace.count + " traces in the file");
		facts.push(kpx.size(trace.bytes));
		document.title = name + ": collect";
		section("title").textContent = name;
		section("facts").append(facts.join(" · "));
		if (trace.command.length) section("facts").append(make("br"), make("code", {}, trace.command.map(word).join(" ")));
		for (const part of document.querySelectorAll("main section"))
			section("nav").append(make("li", {}, make("a", { href: "#" + part.id }, part.querySelector("h2").textContent)));
	}

	function verdict(parent) {
		const { totals } = data;
		const whole = !totals.reasons.length;
		parent.append(make("p", { class: "verdict " + (whole ? "complete" : "lower") },
			make("span", { class: "sign", "aria-hidden": "true" }, whole ? "✔" : "▲"),
			whole ? "Complete: every event that happened is in the trace." : "Lower bound: " + totals.reasons.join("; ") + "."));
		parent.append(make("ul", { class: "notes" }, ...data.notes.map((note) => make("li", {}, note[0].toUpperCase() + note.slice(1) + "."))));
		if (data.selection.length)
			parent.append(make("p", {}, make("strong", {}, "A part is shown: "), data.selection.join(", ") + ". Only the ledger is of the whole trace."));
	}

	/* A name is looked up once: events of several traces share one. */
	function inSelection(name) {
		const { from, to } = range.selected || range;
		if (inSelection.of !== from + " " + to) {
			inSelection.of = from + " " + to;
			inSelection.counts = kpx.timeline.countIn(from, to);
		}
		return inSelection.counts.get(name) || 0;
	}

	const words = (a) => (a.reasons.length ? "lower bound, because " + a.reasons.join("; ") : "complete");

	function lost(a) {
		if (a.lost !== null) return count(a.lost);
		return Number(a.lost_at_least) ? "≥ " + count(a.lost_at_least) : "unknown";
	}

	function ledger(parent) {
		const number = (key) => ({ get: (a) => Number(a[key]), show: (a) => count(a[key]), right: true });
		const columns = [
			{ title: "Event", get: (a) => a.name, up: true },
			{ title: "Count", ...number("count") },
			{ title: "Delivered", ...number("delivered") },
			{ title: "In the part", right: true, get: (a) => inSelection(a.name) },
			{ title: "Lost", right: true, get: (a) => Number(a.lost === null ? a.lost_at_least : a.lost), show: lost },
			{ title: "Missed", ...number("missed") },
			{ title: "Filtered", ...number("filtered") },
			{ title: "Self", ...number("self") },
			{ title: "Unexplained", ...number("unexplained") },
			{ title: "Which is", get: words, show: (a) => make("span", { class: a.reasons.length ? "lower" : "complete" }, words(a)) },
		];
		const foot = make("tr", {}, ...columns.map((c, i) => make("td", { class: c.right && "right" }, i === 3 || i === 9 ? "" : c.show ? c.show(data.totals) : data.totals.name)));

		verdict(parent);
		const { draw } = table(parent, "events", columns, data.events, {
			caption: "What was counted, and where it is. “In the part” are events of the part of the time that is selected or shown.", sort: 2, foot });
		range.listen(draw);
		if (data.events_all > data.events.length) parent.append(make("p", { class: "hint" }, `The ${count(data.events.length)} events with most samples, of ${count(data.events_all)}; the total is of all. “collect report” has the others.`));
	}

	function functions(parent) {
		const all = data.flame.chains;
		if (!all) {
			parent.append(make("p", {}, "This trace has no call chains: record with -g."));
			return;
		}
		table(parent, "functions", [
			{ title: "Function", get: (f) => f[0], up: true },
			{ title: "Of the", get: (f) => kpx.flame.KINDS[f[1]], up: true },
			{ title: "Chains that end in it", right: true, get: (f) => f[2] },
			{ title: "Share", right: true, get: (f) => f[2], show: (f) => table.share(f[2], all) },
			{ title: "That it is in", right: true, get: (f) => f[3] },
			{ title: "Share", right: true, get: (f) => f[3], show: (f) => table.share(f[3], all) },
		], data.functions, { caption: "Functions of the call chains; each chain counts once, however often the function is in it.", sort: 2 });
		if (data.functions_all > data.functions.length) parent.append(make("p", { class: "hint" }, `Those in which most chains end, of ${count(data.functions_all)}.`));
	}

	function processes(parent) {
		table(parent, "processes", [
			{ title: "Process", get: (p) => p[1] || "(unknown)", up: true },
			{ title: "PID", right: true, up: true, get: (p) => (p[0] === null ? -1 : p[0]), show: (p) => (p[0] === null || p[0] < 0 ? "-" : String(p[0])) },
			{ title: "Events", right: true, get: (p) => p[2] },
			{ title: "Share", right: true, get: (p) => p[2], show: (p) => table.share(p[2], data.rows) },
		], data.processes, { caption: "Who was running when the events happened; a name is the last that the process had.", sort: 2 });
	}

	function values(parent) {
		const found = [];
		for (const f of data.fields)
			for (const [value, n, name] of f.top) found.push({ event: f.event, field: f.field, value: name ? value + " (" + name + ")" : value, n });
		for (const [event, field, value, n] of data.texts) found.push({ event, field, value: value ? "“" + value + "”" : "(empty)", n });
		const number = (key) => ({ right: true, get: (f) => (f[key] === undefined ? -Infinity : Number(f[key])), show: (f) => (f[key] === undefined ? "-" : f[key].startsWith?.("0x") ? f[key] : count(f[key])) });

		if (data.fields.length) {
			parent.append(make("h3", {}, "Of fields with numbers"));
			table(parent, "fields", [
				{ title: "Event", get: (f) => f.event, up: true },
				{ title: "Field", get: (f) => f.field, up: true },
				{ title: "Values", right: true, get: (f) => f.count },
				{ title: "Distinct", right: true, get: (f) => f.distinct, show: (f) => count(f.distinct) + (f.more ? "+" : "") },
				{ title: "Least", ...number("min") },
				{ title: "Mean", right: true, get: (f) => (f.mean === undefined ? -Infinity : f.mean), show: (f) => (f.mean === undefined ? "-" : count(f.mean)) },
				{ title: "Most", ...number("max") },
				{ title: "Sum", ...number("sum") },
			], data.fields, { caption: "What the fields of events had; addresses have no mean and no sum.", sort: 2 });
			if (data.fields_all > data.fields.length) parent.append(make("p", { class: "hint" }, `Those of the most frequent events, of ${count(data.fields_all)}.`));
		}
		if (found.length) {
			parent.append(make("h3", {}, "The commonest"));
			table(parent, "values", [
				{ title: "Event", get: (v) => v.event, up: true },
				{ title: "Field", get: (v) => v.field, up: true },
				{ title: "Value", get: (v) => v.value, up: true },
				{ title: "Times", right: true, get: (v) => v.n },
			], found, { caption: "The commonest values of each field, and of strings the commonest of all.", sort: 3 });
			if (data.texts_others) parent.append(make("p", { class: "hint" }, `Other strings came ${count(data.texts_others)} times.`));
		}
		if (!data.fields.length && !found.length) parent.append(make("p", {}, "The events of this trace have no fields."));
	}

	function colours() {
		const choice = section("theme");
		const keep = (value) => {
			try {
				if (value === undefined) return localStorage.getItem("collect-theme") || "";
				localStorage.setItem("collect-theme", value);
			} catch {
				/* A browser may keep nothing for a file. */
			}
			return "";
		};
		const set = () => {
			if (choice.value) document.documentElement.dataset.theme = choice.value;
			else delete document.documentElement.dataset.theme;
		};
		choice.value = keep();
		set();
		choice.addEventListener("change", () => {
			set();
			keep(choice.value);
			kpx.redraw();
		});
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", kpx.redraw);
	}

	function widths() {
		let width = document.body.clientWidth, waits = 0;
		addEventListener("resize", () => {
			clearTimeout(waits);
			waits = setTimeout(() => {
				if (document.body.clientWidth !== width) kpx.redraw();
				width = document.body.clientWidth;
			}, 120);
		});
	}

	colours();
	head();
	ledger(section("ledger"));
	kpx.timeline.start(section("timeline"));
	kpx.heatmap.start(section("latency"));
	kpx.flame.start(section("flame"));
	functions(section("functions"));
	processes(section("processes"));
	values(section("values"));
	widths();
})();
