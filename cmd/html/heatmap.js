"use strict";
/*
 * How long calls took, over the time: a column is a part of the time, a row a range of
 * latencies, the colour says how many calls ended there.
 */
kpx.heatmap = (() => {
	const { data, make, count, range } = kpx;
	const HEIGHT = 300;
	const least = (row) => Math.max(0.5, Number(data.bounds[row]));
	const most = (row) => (row + 1 < data.bounds.length ? Number(data.bounds[row + 1]) : 2 ** 63);

	function cellsOf(call) {
		const cells = [];
		for (let i = 0, column = 0; i < call.cells.length; i += 3) {
			column += call.cells[i];
			cells.push({ column, row: call.cells[i + 1], count: Number(call.cells[i + 2]) });
		}
		return cells;
	}

	const secondsOf = (column) => (column / data.columns) * kpx.span;

	/* Powers of ten; of few of them, what is between them, too. */
	function ticks(min, max) {
		const steps = max / min > 1000 ? [1] : [1, 2, 5];
		const found = [];
		for (let power = 1; power < max; power *= 10)
			for (const step of steps) if (step * power >= min && step * power <= max) found.push(step * power);
		return found;
	}

	/* From few to many, in steps that are equal in the logarithm. */
	function painter(max) {
		const stops = ["heat-low", "heat-middle", "heat-high"].map((name) => kpx.channels(kpx.colour(name)));
		return (n) => {
			const at = max > 1 ? (Math.log(n) / Math.log(max)) * 2 : 2;
			const low = Math.min(1, Math.floor(at));
			const mix = stops[low].map((v, i) => Math.round(v + (stops[low + 1][i] - v) * (at - low)));
			return `rgb(${mix.join()})`;
		};
	}

	function drawCells(u, cells, paint) {
		const { ctx } = u;
		const { left, top, width, height } = u.bbox;
		ctx.save();
		ctx.beginPath();
		ctx.rect(left, top, width, height);
		ctx.clip();
		for (const cell of cells) {
			const x0 = Math.floor(u.valToPos(secondsOf(cell.column), "x", true));
			const x1 = Math.ceil(u.valToPos(secondsOf(cell.column + 1), "x", true));
			if (x1 < left || x0 > left + width) continue;
			const y0 = Math.floor(u.valToPos(most(cell.row), "y", true));
			const y1 = Math.ceil(u.valToPos(least(cell.row), "y", true));
			ctx.fillStyle = paint(cell.count);
			ctx.fillRect(x0, y0, Math.max(1, x1 - x0), Math.max(1, y1 - y0));
		}
		ctx.restore();
	}

	function table(parent) {
		kpx.table(parent, "calls", [
			{ title: "Call", get: (c) => c.name, up: true },
			{ title: "Calls", right: true, get: (c) => c.count },
			{ title: "Time", right: true, get: (c) => Number(c.sum), show: (c) => kpx.time(c.sum) },
			{ title: "Mean", right: true, get: (c) => (c.count ? Number(c.sum) / c.count : 0), show: (c) => (c.count ? kpx.time(Number(c.sum) / c.count) : "-") },
			{ title: "Half within", right: true, get: (c) => Number(c.p50), show: (c) => (c.count ? kpx.time(c.p50) : "-") },
			{ title: "90 %", right: true, get: (c) => Number(c.p90), show: (c) => (c.count ? kpx.time(c.p90) : "-") },
			{ title: "99 %", right: true, get: (c) => Number(c.p99), show: (c) => (c.count ? kpx.time(c.p99) : "-") },
			{ title: "Longest", right: true, get: (c) => Number(c.max), show: (c) => (c.count ? kpx.time(c.max) : "-") },
			{ title: "No return", right: true, get: (c) => c.unpaired },
		], data.calls, { caption: "How long each call took, in all of the time; percentiles are right within an eighth.", sort: 2 });
	}

	function start(parent) {
		const calls = data.calls.filter((call) => call.cells && call.cells.length);
		if (!calls.length) {
			parent.append(make("p", {}, "No event of this trace says how long a call took: record sys_enter and sys_exit together, a function's entry and return, or a probe with $duration."));
			return;
		}
		const choice = make("select", { id: "heat-call" }, ...calls.map((call, i) => make("option", { value: i }, call.name + " (" + count(call.count) + ")")));
		const box = make("div", { class: "chart", id: "heat-chart", role: "img", "aria-label": "Heat map of latencies over the time; the table below has the same in numbers" });
		const tip = make("div", { class: "tip", hidden: true });
		const scale = make("span", { class: "scale" });
		let plot, cells, byPlace, paint;

		function show(u) {
			const { left, top } = u.cursor;
			const column = Math.floor((u.posToVal(left, "x") / kpx.span) * data.columns);
			const ns = u.posToVal(top, "y");
			const rows = left < 0 ? undefined : byPlace.get(column);
			const cell = rows && rows.find((c) => ns >= least(c.row) && ns < most(c.row));
			tip.hidden = !cell;
			if (!cell) return;
			tip.textContent = `${kpx.plural(cell.count, "call")} of ${kpx.time(least(cell.row))} to ${kpx.time(most(cell.row))}\n` +
				`between ${kpx.seconds(secondsOf(column), kpx.span / data.columns)} and ${kpx.seconds(secondsOf(column + 1), kpx.span / data.columns)}`;
			const x = left + u.over.offsetLeft;
			tip.style.left = x + 16 + tip.offsetWidth > box.clientWidth ? x - tip.offsetWidth - 12 + "px" : x + 12 + "px";
			tip.style.top = Math.max(0, top - 10) + "px";
		}

		function take() {
			cells = cellsOf(calls[Number(choice.value)]);
			byPlace = new Map();
			for (const cell of cells) {
				if (!byPlace.has(cell.column)) byPlace.set(cell.column, []);
				byPlace.get(cell.column).push(cell);
			}
		}

		function draw() {
			const max = cells.reduce((n, c) => Math.max(n, c.count), 1);
			const low = cells.reduce((n, c) => Math.min(n, least(c.row)), Infinity);
			const high = cells.reduce((n, c) => Math.max(n, most(c.row)), 1);
			paint = painter(max);
			scale.replaceChildren("1", make("i", { "aria-hidden": "true" }), count(max) + " calls");
			plot = kpx.timeline.plotOf(box, {
				height: HEIGHT,
				scales: { x: { time: false, range: () => [range.seconds(range.from), range.seconds(range.to)] }, y: { distr: 3, log: 10, range: () => [low * 0.9, high * 1.1] } },
				cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
				axes: [{ values: (u, ticks) => ticks.map((v) => +v.toPrecision(7) + " s") }, { size: 62, splits: (u, i, min, max) => ticks(min, max), filter: (u, splits) => splits, values: (u, splits) => splits.map(kpx.time) }],
				series: [{}, { show: false }],
				hooks: { ...kpx.timeline.hooksOfSelection(), draw: [(u) => drawCells(u, cells, paint)], setCursor: [show] },
			}, [[0, kpx.span], [low, high]]);
			plot.over.addEventListener("dblclick", range.reset);
			box.append(tip);
		}

		choice.addEventListener("change", () => {
			take();
			draw();
		});
		parent.append(
			make("p", { class: "hint" }, "When calls ended, and how long they had taken. The time line's part of the time is shown, and a selection is of both."),
			make("div", { class: "bar" }, make("label", {}, "Calls of ", choice), scale), box);
		if (data.cells_left_out) parent.append(make("p", { class: "hint" }, kpx.plural(data.cells_left_out, "call") + " are in the table but not in the picture, for want of room."));
		table(parent);
		if (data.calls_all > data.calls.length) parent.append(make("p", { class: "hint" }, `Those that came most often, of ${count(data.calls_all)}.`));
		take();
		draw();
		let seen = range.from + " " + range.to;
		range.listen(() => {
			const now = range.from + " " + range.to;
			if (now !== seen) draw();
			else kpx.timeline.atSelection(plot);
			seen = now;
		});
		kpx.drawers.push(draw);
	}

	return { start };
})();
