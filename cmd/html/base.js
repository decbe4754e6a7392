"use strict";
/*
 * What all parts use: the data, numbers as people read them, elements. Text of a
 * trace goes into a page as text, never as markup.
 */
const kpx = (() => {
	const data = JSON.parse(document.getElementById("data").textContent);
	const grouped = new Intl.NumberFormat("en-US");
	const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

	/* Numbers that are too large to be exact come as strings. */
	function count(value) {
		if (value === null || value === undefined) return "unknown";
		return grouped.format(typeof value === "string" ? BigInt(value) : value);
	}

	function scaled(value, units) {
		let i = 0;
		while (i < units.length - 1 && value >= units[i + 1][0]) i++;
		return short.format(value / units[i][0]) + units[i][1];
	}

	const times = [[1, " ns"], [1e3, " µs"], [1e6, " ms"], [1e9, " s"]];
	const sizes = [[1, " B"], [1024, " KiB"], [1024 ** 2, " MiB"], [1024 ** 3, " GiB"]];
	const rates = [[1, ""], [1e3, "k"], [1e6, "M"], [1e9, "G"]];

	/* Seconds since the beginning, as exactly as a step of so many allows. */
	function seconds(value, step) {
		const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step || 1e-6))));
		return value.toFixed(digits) + " s";
	}

	/* make("p", {class: "x"}, "text", element, …) */
	function make(name, attributes, ...children) {
		const element = document.createElement(name);
		for (const [key, value] of Object.entries(attributes || {}))
			if (value !== false && value !== undefined)
				element.setAttribute(key, value === true ? "" : value);
		element.append(...children);
		return element;
	}

	/* What a colour of the style sheet is now, for canvases. */
	const probe = make("span", { hidden: true });
	function colour(name) {
		if (!probe.isConnected) document.body.append(probe);
		probe.style.color = "var(--" + name + ")";
		return getComputedStyle(probe).color;
	}

	function channels(text) {
		return (text.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
	}

	/* Who wants to draw anew when colours or the width changed. */
	const drawers = [];
	function redraw() {
		for (const draw of drawers) draw();
	}

	function section(id) {
		return document.getElementById(id);
	}

	function plural(n, word) {
		return count(n) + " " + word + (n === 1 ? "" : "s");
	}

	return {
		data,
		count,
		plural,
		time: (ns) => scaled(Number(ns), times),
		size: (bytes) => scaled(Number(bytes), sizes),
		rate: (value) => scaled(value, rates),
		percent: (part, all) => (all ? short.format((100 * part) / all) : "0") + " %",
		seconds,
		make,
		colour,
		channels,
		drawers,
		redraw,
		section,
		span: data.span_ns / 1e9,
		still: matchMedia("(prefers-reduced-motion: reduce)").matches,
	};
})();
