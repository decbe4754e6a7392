"use strict";
/* Call chains as a flame graph, outermost function on top. */
kpx.flame = (() => {
	const { data, make, count } = kpx;
	const KINDS = ["event", "kernel", "program"];
	const HUES = [220, 28, 190];

	/* The tree that d3-flame-graph takes, of [parent, name, total, …]. */
	function tree() {
		const { nodes, names } = data.flame;
		const made = [];
		for (let i = 0; i < nodes.length; i += 3) {
			const node = { name: names[2 * nodes[i + 1]], kind: i ? names[2 * nodes[i + 1] + 1] : 0, value: Number(nodes[i + 2]), children: [] };
			if (i) made[nodes[i]].children.push(node);
			made.push(node);
		}
		return made[0];
	}

	function hash(text) {
		let h = 0;
		for (let i = 0; i < text.length; i++) h = (h * 31 + text.charCodeAt(i)) | 0;
		return (h >>> 0) % 100;
	}

	function fill(d) {
		if (d.highlight) return "#f6f04a";
		const h = hash(d.data.name);
		return `hsl(${HUES[d.data.kind] + (h % 17) - 8} ${d.data.kind ? 72 : 24}% ${66 + (h % 11)}%)`;
	}

	function words(d) {
		return `${d.data.name}: ${kpx.plural(d.data.value, "chain")}, ${kpx.percent(d.data.value, data.flame.chains)} (${d.depth ? KINDS[d.data.kind] : "everything"})`;
	}

	function kinds() {
		return make("span", { class: "kinds" }, ...KINDS.slice(0, 3).map((kind, i) => {
			const box = make("i", { "aria-hidden": "true" });
			box.style.background = `hsl(${HUES[i]} ${i ? 72 : 24}% 71%)`;
			return make("span", {}, box, ["event", "kernel: NAME [MODULE]", "program: FILE+OFFSET"][i]);
		}));
	}

	function start(parent) {
		if (!data.flame.chains) {
			parent.append(make("p", {}, "This trace has no call chains: record with -g."));
			return;
		}
		const root = tree();
		const search = make("input", { type: "search", id: "flame-search", placeholder: "Search", "aria-label": "Search functions in the call chains", spellcheck: "false" });
		const reset = make("button", { type: "button", id: "flame-reset" }, "All of it");
		const found = make("output", { "aria-live": "polite", id: "flame-found" });
		const details = make("p", { id: "flame-details", "aria-live": "polite" });
		const box = make("div", { class: "flame", id: "flame-chart", tabindex: 0, role: "group", "aria-label": "Flame graph of call chains; the functions are in the table below", "aria-describedby": "flame-help" });
		let chart, hierarchy, current, zoomed;

		function mark(d, follow) {
			current = d;
			for (const g of box.querySelectorAll("g.frame")) {
				const here = g.__data__ === d;
				g.classList.toggle("current", here);
				if (here && follow) g.scrollIntoView({ block: "nearest", inline: "nearest" });
			}
			details.textContent = words(d);
		}

		function clicked(d) {
			zoomed = d;
			reset.disabled = d === hierarchy;
			mark(d);
		}

		function find() {
			const term = search.value.trim().toLowerCase();
			if (!term) {
				chart.clear();
				found.textContent = "";
				return;
			}
			chart.search(term);
		}

		function draw() {
			box.replaceChildren();
			chart = flamegraph.default()
				.width(box.clientWidth)
				.cellHeight(19)
				.inverted(true)
				.minFrameSize(1.5)
				.transitionDuration(kpx.still ? 0 : 200)
				.sort((a, b) => b.data.value - a.data.value)
				.setColorMapper(fill)
				.setLabelHandler(words)
				.setSearchMatch((d, term) => d.data.name.toLowerCase().includes(term))
				.setSearchHandler((results, sum, total) => (found.textContent = `${kpx.plural(results.length, "frame")}, ${kpx.percent(sum, total)} of the chains`))
				.onHover((d) => (details.textContent = words(d)))
				.onClick(clicked);
			const top = d3.select(box).datum(root);
			top.call(chart);
			hierarchy = top.datum();
			box.querySelector("svg").setAttribute("aria-hidden", "true");
			zoomed = current = hierarchy;
			reset.disabled = true;
			details.textContent = words(hierarchy);
			if (search.value.trim()) find();
		}

		/* From frame to frame as they lie: only those that are wide enough to be seen. */
		function neighbour(key) {
			const wide = (list) => (list || []).filter((d) => d.value > 0);
			if (key === "ArrowUp") return current.parent;
			if (key === "ArrowDown") return wide(current.children)[0];
			const row = wide(current.parent && current.parent.children);
			return row[row.indexOf(current) + (key === "ArrowLeft" ? -1 : 1)];
		}

		box.addEventListener("keydown", (event) => {
			if (event.key.startsWith("Arrow")) {
				const next = neighbour(event.key);
				if (next) mark(next, true);
			} else if (event.key === "Enter") {
				chart.zoomTo(current);
				clicked(current);
			} else if (event.key === "Escape") {
				reset.click();
			} else {
				return;
			}
			event.preventDefault();
		});
		reset.addEventListener("click", () => {
			chart.resetZoom();
			clicked(hierarchy);
		});
		search.addEventListener("input", find);
		parent.append(
			make("p", { class: "hint", id: "flame-help" }, "A frame is as wide as the chains that are in it; those that called it are above. Click one to look at it alone. With the keyboard: arrows go from frame to frame, Enter looks at one, Esc shows all."),
			make("div", { class: "bar" }, search, reset, found, kinds()), details, box);
		if (data.flame.least > 1) parent.append(make("p", { class: "hint" }, "Frames of fewer than " + kpx.plural(data.flame.least, "chain") + " are left out of the picture; where they were, their caller ends."));
		if (data.flame.cut) parent.append(make("p", { class: "hint" }, kpx.plural(data.flame.cut, "chain") + " end early here, for want of room."));
		draw();
		kpx.drawers.push(draw);
	}

	return { start, KINDS };
})();
