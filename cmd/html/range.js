"use strict";
/*
 * Which part of the time is looked at, and which is selected: in buckets, the smallest
 * pieces of time that the page knows. Listeners hear of changes.
 */
kpx.range = (() => {
	const all = kpx.data.buckets;
	const listeners = [];
	const range = { from: 0, to: all, selected: null };

	function tell() {
		for (const listener of listeners) listener();
	}

	function clamp(v) {
		return Math.max(0, Math.min(all, Math.round(v)));
	}

	return Object.assign(range, {
		all,
		listen: (listener) => listeners.push(listener),
		seconds: (bucket) => (bucket / all) * kpx.span,
		bucket: (seconds) => (seconds / kpx.span) * all,
		select(a, b) {
			const from = clamp(Math.min(a, b));
			range.selected = { from, to: Math.max(clamp(Math.max(a, b)), Math.min(all, from + 1)) };
			if (range.selected.from === range.selected.to) range.selected.from--;
			tell();
		},
		clear() {
			range.selected = null;
			tell();
		},
		look(from, to) {
			const width = Math.max(Math.min(8, all), Math.min(all, Math.round(to - from)));
			range.from = Math.max(0, Math.min(all - width, Math.round(from)));
			range.to = range.from + width;
			tell();
		},
		zoom(factor, around) {
			const middle = around === undefined ? (range.from + range.to) / 2 : around;
			range.look(middle - (middle - range.from) * factor, middle + (range.to - middle) * factor);
		},
		reset() {
			range.selected = null;
			range.from = 0;
			range.to = all;
			tell();
		},
	});
})();
