"use strict";
/*
 * The time line: events a second, of each event. What is drawn is put together from
 * buckets, a few for each pixel's width; sums over any part of the time are exact.
 */
kpx.timeline = (() => {
	const { data, make, count, range } = kpx;
	const HEIGHT = 260;
	const VISIBLE = 8; /* lines, at first */
	const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2]];
	const HUES = [212, 28, 145, 280, 350, 190, 50, 320];

	/* Sums of all buckets before each. */
	function sums(counts) {
		const sum = new Float64Array(data.buckets + 1);
		let at = 0;
		for (let i = 0; i < counts.length; i += 2) {
			at += counts[i];
			sum[++at] = counts[i + 1];
		}
		for (let i = 0; i < data.buckets; i++) sum[i + 1] += sum[i];
		return sum;
	}

	const lines = data.lines.map((line, i) => ({
		name: line.name,
		rows: line.rows,
		sum: sums(line.counts),
		shown: i < VISIBLE,
		dash: DASHES[Math.floor(i / HUES.length) % DASHES.length],
		hue: HUES[i % HUES.length],
	}));

	function stroke(line) {
		const dark = kpx.channels(kpx.colour("card"))[0] < 128;
		return `hsl(${line.hue} ${dark ? "75% 66%" : "70% 38%"})`;
	}

	function between(line, from, to) {
		return line.sum[to] - line.sum[from];
	}

	/* The counts of an event's lines between two buckets, by name. */
	function countIn(from, to) {
		const byName = new Map();
		for (const line of lines)
			byName.set(line.name, (byName.get(line.name) || 0) + between(line, from, to));
		return byName;
	}

	/* Columns for uPlot: where pieces begin, and the rate in each. */
	function pieces(width) {
		const buckets = range.to - range.from;
		const step = Math.max(1, Math.ceil(buckets / Math.max(50, width / 2)));
		const edges = [];
		for (let b = range.from; b < range.to; b += step) edges.push(b);
		const columns = [edges.map(range.seconds)];
		columns[0].push(range.seconds(range.to));
		for (const line of lines) {
			const rates = edges.map((b) => {
				const end = Math.min(range.to, b + step);
				return between(line, b, end) / range.seconds(end - b);
			});
			rates.push(rates[rates.length - 1]);
			columns.push(rates);
		}
		return { columns, step };
	}

	/* A chart that is as wide as the page, and made anew with other colours. */
	function plotOf(box, options, columns) {
		const axis = {
			stroke: kpx.colour("soft"),
			grid: { stroke: kpx.colour("grid"), width: 1 },
			ticks: { stroke: kpx.colour("line"), width: 1 },
			font: "12px system-ui, sans-serif",
		};
		box.replaceChildren();
		return new uPlot({
			width: box.clientWidth,
			legend: { show: false },
			...options,
			axes: options.axes.map((own) => ({ ...axis, ...own })),
		}, columns, box);
	}

	function atSelection(u) {
		const s = range.selected;
		if (!s) {
			u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
			return;
		}
		const from = Math.max(0, u.valToPos(range.seconds(s.from), "x"));
		const to = Math.min(u.over.clientWidth, u.valToPos(range.seconds(s.to), "x"));
		u.setSelect({ left: from, top: 0, width: Math.max(0, to - from), height: u.over.clientHeight }, false);
	}

	/* Dragging selects; a click without it clears. */
	function hooksOfSelection() {
		return {
			ready: [atSelection],
			setSelect: [(u) => {
				if (u.select.width > 0)
					range.select(range.bucket(u.posToVal(u.select.left, "x")), range.bucket(u.posToVal(u.select.left + u.select.width, "x")));
			}],
		};
	}

	/* What keys do in both charts over the time. */
	function keys(box, cursor) {
		box.tabIndex = 0;
		box.addEventListener("keydown", (event) => {
			const step = Math.max(1, Math.round((range.to - range.from) / (event.ctrlKey ? 10 : 100)));
			const moves = { ArrowLeft: -step, ArrowRight: step, Home: -range.all, End: range.all };
			if (event.key in moves && !event.altKey) cursor.move(moves[event.key], event.shiftKey);
			else if (event.key === "+" || event.key === "=") range.zoom(0.5, cursor.at());
			else if (event.key === "-") range.zoom(2, cursor.at());
			else if (event.key === "Enter" && range.selected) range.look(range.selected.from, range.selected.to);
			else if (event.key === "Escape") range.reset();
			else return;
			event.preventDefault();
		});
	}

	function legend(parent, draw) {
		const list = make("fieldset", { class: "keys" }, make("legend", { class: "quiet" }, "Events of the time line"));
		const swatches = [];
		for (const line of lines) {
			const box = make("input", { type: "checkbox" });
			const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
			const stripe = document.createElementNS("http://www.w3.org/2000/svg", "line");
			for (const [key, value] of [["width", 30], ["height", 10], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
			for (const [key, value] of [["x2", 30], ["y1", 5], ["y2", 5], ["stroke-width", 2.5], ["stroke-dasharray", line.dash.join(" ")]]) stripe.setAttribute(key, value);
			svg.append(stripe);
			swatches.push(() => stripe.setAttribute("stroke", stroke(line)));
			box.checked = line.shown;
			box.addEventListener("change", () => {
				line.shown = box.checked;
				draw();
			});
			list.append(make("label", { title: line.name }, box, svg, make("span", { class: "name" }, line.name), make("span", { class: "number" }, count(line.rows))));
		}
		parent.append(list);
		return () => swatches.forEach((paint) => paint());
	}

	function words() {
		const { from, to } = range.selected || range;
		let all = 0;
		for (const line of lines) all += between(line, from, to);
		const seconds = range.seconds(to - from);
		const step = range.seconds(1);
		return `${range.selected ? "Selected" : "Shown"}: ${kpx.seconds(range.seconds(from), step)} to ${kpx.seconds(range.seconds(to), step)}, ` +
			`${kpx.plural(all, "event")}, ${kpx.rate(all / seconds)} a second`;
	}

	function start(parent) {
		if (!data.rows) {
			parent.append(make("p", {}, "There are no events in it."));
			return;
		}
		const status = make("output", { "aria-live": "polite", id: "range" });
		const into = make("button", { type: "button", id: "zoom-in" }, "Zoom to selection");
		const out = make("button", { type: "button", id: "zoom-out" }, "Zoom out");
		const reset = make("button", { type: "button", id: "zoom-reset" }, "All of it");
		const box = make("div", { class: "chart", id: "timeline-chart", role: "group", "aria-label": "Events a second over the time", "aria-describedby": "timeline-help" });
		const tip = make("div", { class: "tip", hidden: true });
		const said = make("div", { class: "quiet", "aria-live": "polite" });
		let plot, bucket = null, paint;

		const cursor = {
			at: () => (bucket === null ? undefined : bucket),
			move(by, extend) {
				const before = bucket === null ? range.from : bucket;
				bucket = Math.max(range.from, Math.min(range.to - 1, before + by));
				if (extend) {
					const s = range.selected;
					const fixed = !s ? before : Math.abs(s.from - before) < Math.abs(s.to - before) ? s.to : s.from;
					range.select(fixed, bucket);
				}
				plot.setCursor({ left: plot.valToPos(range.seconds(bucket), "x"), top: 10 });
				said.textContent = tip.textContent;
			},
		};

		function show(u) {
			const i = u.cursor.idx;
			if (i === null || i === undefined || u.cursor.left < 0) {
				tip.hidden = true;
				return;
			}
			const found = lines.map((line, n) => [line, u.data[n + 1][i]]).filter(([line, rate]) => line.shown && rate > 0);
			found.sort((a, b) => b[1] - a[1]);
			tip.textContent = ["at " + kpx.seconds(u.data[0][i], range.seconds(1)),
				...found.slice(0, 10).map(([line, rate]) => line.name + ": " + kpx.rate(rate) + "/s")].join("\n");
			tip.hidden = false;
			const left = u.cursor.left + u.over.offsetLeft;
			tip.style.left = left + 16 + tip.offsetWidth > box.clientWidth ? left - tip.offsetWidth - 12 + "px" : left + 12 + "px";
			tip.style.top = "14px";
		}

		function draw() {
			const { columns } = pieces(box.clientWidth);
			paint();
			plot = plotOf(box, {
				height: HEIGHT,
				scales: { x: { time: false, range: () => [range.seconds(range.from), range.seconds(range.to)] }, y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] } },
				cursor: { drag: { x: true, y: false, setScale: false }, y: false, points: { show: false } },
				axes: [{ values: (u, ticks) => ticks.map((v) => +v.toPrecision(7) + " s") }, { size: 62, values: (u, ticks) => ticks.map((v) => kpx.rate(v) + "/s") }],
				series: [{}, ...lines.map((line) => ({ show: line.shown, stroke: stroke(line), width: 1.5, dash: line.dash, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }))],
				hooks: { ...hooksOfSelection(), setCursor: [show] },
			}, columns);
			plot.over.addEventListener("dblclick", range.reset);
			box.append(tip);
			tell();
		}

		function tell() {
			status.textContent = words();
			into.disabled = !range.selected;
			out.disabled = reset.disabled = range.from === 0 && range.to === range.all;
			reset.disabled = reset.disabled && !range.selected;
		}

		into.addEventListener("click", () => range.selected && range.look(range.selected.from, range.selected.to));
		out.addEventListener("click", () => range.zoom(2));
		reset.addEventListener("click", range.reset);
		parent.append(
			make("p", { class: "hint", id: "timeline-help" },
				"Drag to select a part of the time. With the keyboard: ← and → move (Ctrl: faster), with Shift they select, Enter zooms to the selection, + and − zoom, Esc shows all."),
			make("div", { class: "bar" }, into, out, reset, status), box, said);
		paint = legend(parent, draw);
		draw();
		keys(box, cursor);
		let seen = "";
		range.listen(() => {
			const now = range.from + " " + range.to;
			if (now !== seen) draw();
			else {
				tell();
				atSelection(plot);
			}
			seen = now;
		});
		seen = range.from + " " + range.to;
		kpx.drawers.push(draw);
	}

	return { start, plotOf, atSelection, hooksOfSelection, keys, countIn };
})();
