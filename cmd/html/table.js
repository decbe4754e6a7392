"use strict";
/*
 * A table that can be searched and sorted. Of many rows the first ones are shown, and
 * a button shows more.
 */
kpx.table = (() => {
	const { make, count } = kpx;
	const STEP = 15;

	function compare(a, b) {
		if (typeof a === "string" && typeof b === "string") return a.localeCompare(b, "en");
		return a < b ? -1 : a > b ? 1 : 0;
	}

	/*
	 * columns: {title, right, get(row), show(row): text or node (default: get),
	 * up: sorts upward at first}. options: {caption, sort: column's number, foot}.
	 */
	function table(parent, label, columns, rows, options) {
		let sort = options.sort || 0;
		let up = Boolean(columns[sort].up);
		let shown = STEP;
		const search = make("input", { type: "search", placeholder: "Search", "aria-label": "Search " + label, spellcheck: "false" });
		const status = make("output", { "aria-live": "polite" });
		const more = make("button", { type: "button" });
		const head = make("tr");
		const body = make("tbody");
		const buttons = columns.map((column, i) => {
			const sign = make("span", { "aria-hidden": "true" });
			const button = make("button", { type: "button" }, column.title, sign);
			const cell = make("th", { scope: "col", class: column.right && "right" }, button);
			button.addEventListener("click", () => {
				up = sort === i ? !up : Boolean(column.up);
				sort = i;
				draw();
			});
			head.append(cell);
			return { cell, sign };
		});

		function text(row) {
			return columns.map((c) => c.get(row)).join("\n").toLowerCase();
		}

		function rowOf(row) {
			return make("tr", {}, ...columns.map((column) => {
				const cell = make("td", { class: column.right ? "right" : "text" });
				cell.append(column.show ? column.show(row) : column.right ? count(column.get(row)) : column.get(row));
				return cell;
			}));
		}

		function draw() {
			const term = search.value.trim().toLowerCase();
			const found = term ? rows.filter((row) => text(row).includes(term)) : rows.slice();
			const get = columns[sort].get;
			found.sort((a, b) => (up ? 1 : -1) * compare(get(a), get(b)));
			buttons.forEach(({ cell, sign }, i) => {
				cell.setAttribute("aria-sort", i !== sort ? "none" : up ? "ascending" : "descending");
				sign.textContent = i !== sort ? "" : up ? " ▲" : " ▼";
			});
			body.replaceChildren(...found.slice(0, shown).map(rowOf));
			status.textContent = (term ? count(found.length) + " of " : "") + kpx.plural(rows.length, "row") +
				(found.length > shown ? ", " + shown + " shown" : "");
			more.hidden = found.length <= shown;
			more.textContent = "Show " + Math.min(found.length - shown, 100) + " more";
		}

		search.addEventListener("input", draw);
		more.addEventListener("click", () => {
			const next = body.rows.length;
			shown += 100;
			draw();
			/* The button may be gone: go on where the new rows begin. */
			if (more.hidden && body.rows[next]) {
				body.rows[next].tabIndex = -1;
				body.rows[next].focus();
			}
		});
		parent.append(
			make("div", { class: "bar" }, search, status),
			make("div", { class: "scroll" },
				make("table", {}, make("caption", {}, options.caption), make("thead", {}, head), body, ...(options.foot ? [make("tfoot", {}, options.foot)] : []))),
			make("div", { class: "bar" }, more));
		if (rows.length <= 8) search.hidden = rows.length < 2;
		draw();
		return { draw };
	}

	/* A number, and how much of all it is. */
	table.share = (part, all) => {
		const bar = make("i");
		bar.style.width = (all ? (100 * part) / all : 0) + "%";
		return make("span", {}, kpx.percent(part, all), make("span", { class: "share", "aria-hidden": "true" }, bar));
	};
	return table;
})();
