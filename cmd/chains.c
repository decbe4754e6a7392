// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate.h"
#include "chains.h"
#include "colour.h"
#include "json.h"
#include "quantity.h"

#define NAMES	   65536u /* of frames, and of functions */
#define CHAINS	   65536u /* that are told apart */
#define CACHE	   65536u /* addresses whose names are known */
#define DEPTH	   256u	  /* frames of a chain that are looked at */
#define NAME_BYTES 512
#define WIDTH	   80
#define INDENT	   18

/* What an address was; zeroed: free. */
struct known {
	const struct kpc_trace_info *info;
	uint64_t address;
	uint64_t who; /* of user space: process and program */
	struct aggregate_entry *frame;
	struct aggregate_entry *function;
};

struct chains {
	struct aggregate *frames; /* names */
	struct aggregate
		*functions; /* count: chains that it is in; sum: as leaf */
	struct aggregate *chains; /* by the addresses of frames' entries */
	struct known *known;
	uint64_t rows; /* that have a chain */
	uint64_t bare; /* that have none */
};

struct chains *chains_new(void)
{
	struct chains *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->frames = aggregate_new(NAMES);
	c->functions = aggregate_new(NAMES);
	c->chains = aggregate_new(CHAINS);
	c->known = calloc(CACHE, sizeof(*c->known));
	if (c->frames && c->functions && c->chains && c->known)
		return c;
	chains_free(c);
	return NULL;
}

void chains_free(struct chains *c)
{
	if (!c)
		return;
	aggregate_free(c->frames);
	aggregate_free(c->functions);
	aggregate_free(c->chains);
	free(c->known);
	free(c);
}

/* ---- names --------------------------------------------------------------- */

static struct aggregate_entry *named(struct aggregate *a, const char *name)
{
	return aggregate_at(a, name, strlen(name));
}

/* Both, from texts of strangers. */
static void set_names(struct chains *c, struct known *known, const char *frame,
		      const char *function)
{
	char text[4 * NAME_BYTES + 1], cut[NAME_BYTES];

	snprintf(cut, sizeof(cut), "%s", frame);
	*text_put_word(text, cut) = '\0';
	known->frame = named(c->frames, text);
	snprintf(cut, sizeof(cut), "%s", function);
	*text_put_word(text, cut) = '\0';
	known->function = named(c->functions, text);
}

/* False: it may be something else at another time. */
static bool name_kernel(struct chains *c, struct known *known,
			const struct kpc_row *row)
{
	struct kpc_kernel_symbol symbol;
	char name[NAME_BYTES];

	if (kpc_trace_symbol(row->info, known->address, row->time_ns,
			     &symbol)) {
		snprintf(name, sizeof(name), "%#" PRIx64, known->address);
		set_names(c, known, name, "(kernel)");
		return true;
	}
	if (*symbol.name && *symbol.module)
		snprintf(name, sizeof(name), "%s[%s]", symbol.name,
			 symbol.module);
	else
		snprintf(name, sizeof(name), "%s",
			 *symbol.name ? symbol.name : symbol.module);
	set_names(c, known, name, name);
	return strcmp(symbol.module, "bpf") && strcmp(symbol.module, "ftrace");
}

static void name_user(struct chains *c, struct known *known,
		      const struct kpc_row *row)
{
	struct kpc_mapping mapping;
	char name[NAME_BYTES];
	const char *slash;

	if (kpc_trace_map(row->info, row->pid, known->address, row->time_ns,
			  &mapping)) {
		snprintf(name, sizeof(name), "%#" PRIx64, known->address);
		set_names(c, known, name, "(user)");
		return;
	}
	slash = strrchr(mapping.path, '/');
	snprintf(name, sizeof(name), "%.400s+%#" PRIx64,
		 slash && slash[1] ? slash + 1 : mapping.path, mapping.offset);
	set_names(c, known, name, mapping.path);
}

/* Whose addresses they are: a program that is run has others. */
static uint64_t who(const struct kpc_row *row)
{
	uint64_t begin = 0;

	memcpy(&begin, row->comm, strnlen(row->comm, sizeof(begin)));
	return begin ^ (uint64_t)row->pid << 32 ^ row->pid;
}

static const struct known *look_up(struct chains *c, const struct kpc_row *row,
				   uint64_t address, bool kernel)
{
	static struct known once;
	uint64_t mine = kernel ? 0 : who(row);
	uint64_t hash = (address ^ mine) * 0x9e3779b97f4a7c15ull >> 32;
	struct known *known = &c->known[hash & (CACHE - 1)];

	if (known->info == row->info && known->address == address &&
	    known->who == mine)
		return known;
	*known = (struct known){ .info = row->info,
				 .address = address,
				 .who = mine };
	if (!kernel) {
		name_user(c, known, row);
	} else if (!name_kernel(c, known, row)) {
		once = *known;
		*known = (struct known){ 0 };
		return &once;
	}
	return known;
}

/* ---- adding -------------------------------------------------------------- */

static bool is_in(struct aggregate_entry *const *functions, uint32_t nr,
		  const struct aggregate_entry *function)
{
	for (uint32_t i = 0; i < nr; i++)
		if (functions[i] == function)
			return true;
	return false;
}

void chains_row(struct chains *c, const struct kpc_row *row)
{
	const struct aggregate_entry *frames[DEPTH];
	struct aggregate_entry *functions[DEPTH];
	struct sample sample = { .has_sum = true };
	bool kernel = false;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < row->stack_depth && nr < DEPTH; i++) {
		uint64_t address = row->stack[i];
		const struct known *known;

		if (address >= (uint64_t)PERF_CONTEXT_MAX) {
			kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
			continue;
		}
		known = look_up(c, row, address, kernel);
		frames[nr] = known->frame;
		functions[nr] = known->function;
		/* One that calls itself is in the chain once. */
		sample.sum = !nr;
		if (!is_in(functions, nr, known->function))
			aggregate_add(c->functions, known->function, &sample);
		nr++;
	}
	if (!nr) {
		c->bare++;
		return;
	}
	c->rows++;
	aggregate_add(c->chains,
		      aggregate_at(c->chains, (const char *)frames,
				   nr * sizeof(*frames)),
		      &(struct sample){ 0 });
}

/* ---- showing ------------------------------------------------------------- */

static const char *frame_name(const struct aggregate_entry *chain, uint32_t i)
{
	const struct aggregate_entry *frame;

	memcpy(&frame, chain->key + i * sizeof(frame), sizeof(frame));
	return frame->key ? frame->key : "(others)";
}

static uint32_t depth(const struct aggregate_entry *chain)
{
	return chain->key_bytes / sizeof(struct aggregate_entry *);
}

/* Chains that came as often are in the order of their names. */
static int by_count(const void *left, const void *right)
{
	const struct aggregate_entry *a = *(void *const *)left;
	const struct aggregate_entry *b = *(void *const *)right;
	int order = 0;

	if (a->all.count != b->all.count)
		return a->all.count > b->all.count ? -1 : 1;
	for (uint32_t i = 0; !order && i < depth(a) && i < depth(b); i++)
		order = strcmp(frame_name(a, i), frame_name(b, i));
	return order ? order : (depth(a) > depth(b)) - (depth(a) < depth(b));
}

static int by_self(const void *left, const void *right)
{
	const struct aggregate_entry *a = *(void *const *)left;
	const struct aggregate_entry *b = *(void *const *)right;

	if (a->all.sum != b->all.sum)
		return a->all.sum > b->all.sum ? -1 : 1;
	if (a->all.count != b->all.count)
		return a->all.count > b->all.count ? -1 : 1;
	return strcmp(a->key, b->key);
}

/* The caller frees; NULL without memory. */
static const struct aggregate_entry **
sorted(const struct aggregate *a, int (*compare)(const void *, const void *))
{
	uint32_t nr = aggregate_nr(a);
	const struct aggregate_entry **entry = calloc(nr + 1, sizeof(*entry));

	for (uint32_t i = 0; entry && i < nr; i++)
		entry[i] = aggregate_entry(a, i);
	if (entry && nr)
		qsort(entry, nr, sizeof(*entry), compare);
	return entry;
}

static uint32_t least(uint32_t rows, uint32_t nr)
{
	return rows && rows < nr ? rows : nr;
}

static double percent(const struct chains *c, uint64_t n)
{
	return c->rows ? 100.0 * n / c->rows : 0;
}

/* "  12,345  23.4%  leaf <- caller <- ...", wrapped. */
static void text_chain(const struct chains *c,
		       const struct aggregate_entry *chain, struct text *out)
{
	char number[QUANTITY_TEXT];
	int column = INDENT;

	text_printf(out, "%9s %5.1f%%  ",
		    quantity_count(chain->all.count, number),
		    percent(c, chain->all.count));
	for (uint32_t i = 0; i < depth(chain); i++) {
		const char *name = frame_name(chain, i);
		int wide = strlen(name) + (i ? 4 : 0);

		if (i && column + wide > WIDTH) {
			text_printf(out, "\n%*s", INDENT, "");
			column = INDENT;
		}
		text_string(out, i ? " <- " : "");
		text_string(out, name);
		column += wide;
	}
	text_char(out, '\n');
}

static void text_more(struct text *out, uint32_t nr, uint32_t shown,
		      uint64_t others)
{
	if (others)
		text_printf(out,
			    "(more than could be told apart: in others %" PRIu64
			    " events)\n",
			    others);
	if (shown < nr)
		text_printf(out, "(%u more: --rows)\n", nr - shown);
}

static void text_functions(const struct chains *c, struct text *out,
			   uint32_t rows)
{
	const struct aggregate_entry **function = sorted(c->functions, by_self);
	uint32_t nr = aggregate_nr(c->functions);
	char self[QUANTITY_TEXT], total[QUANTITY_TEXT];

	text_char(out, '\n');
	text_coloured(out, COLOUR_BOLD,
		      "     SELF      %      TOTAL      %  FUNCTION");
	text_char(out, '\n');
	for (uint32_t i = 0; function && i < least(rows, nr); i++) {
		const struct tally *t = &function[i]->all;

		text_printf(out, "%9s %6.1f %10s %6.1f  ",
			    quantity_count(t->sum, self), percent(c, t->sum),
			    quantity_count(t->count, total),
			    percent(c, t->count));
		text_string(out, function[i]->key);
		text_char(out, '\n');
	}
	text_more(out, nr, least(rows, nr),
		  aggregate_others(c->functions)->all.count);
	free(function);
}

void chains_text(const struct chains *c, struct text *out, uint32_t rows)
{
	uint32_t nr = aggregate_nr(c->chains);
	const struct aggregate_entry **chain;
	char number[QUANTITY_TEXT];

	if (!c->rows) {
		text_string(out, "\ncall chains: no event has one; collect -g "
				 "records them\n");
		return;
	}
	text_char(out, '\n');
	text_coloured(out, COLOUR_BOLD, "call chains, innermost first");
	text_printf(out, ": %s events", quantity_count(c->rows, number));
	if (c->bare)
		text_printf(out, " (%s others have none)",
			    quantity_count(c->bare, number));
	text_printf(out, ", %u different\n", nr);
	chain = sorted(c->chains, by_count);
	for (uint32_t i = 0; chain && i < least(rows, nr); i++)
		text_chain(c, chain[i], out);
	free(chain);
	text_more(out, nr, least(rows, nr),
		  aggregate_others(c->chains)->all.count);
	text_functions(c, out, rows);
}

static void json_chain(const struct aggregate_entry *chain, struct text *out)
{
	bool first = true;

	text_char(out, '{');
	json_u64(out, &first, "count", chain->all.count);
	json_key(out, &first, "frames");
	for (uint32_t i = 0; i < depth(chain); i++) {
		text_char(out, i ? ',' : '[');
		text_json(out, frame_name(chain, i));
	}
	text_string(out, "]}");
}

static void json_functions(const struct chains *c, struct text *out,
			   uint32_t rows)
{
	const struct aggregate_entry **function = sorted(c->functions, by_self);
	uint32_t nr = least(rows, aggregate_nr(c->functions));

	text_char(out, '[');
	for (uint32_t i = 0; function && i < nr; i++) {
		bool first = true;

		text_string(out, i ? ",{" : "{");
		json_text(out, &first, "name", function[i]->key);
		json_u64(out, &first, "self", function[i]->all.sum);
		json_u64(out, &first, "total", function[i]->all.count);
		text_char(out, '}');
	}
	text_char(out, ']');
	free(function);
}

void chains_json(const struct chains *c, struct text *out, uint32_t rows)
{
	const struct aggregate_entry **chain = sorted(c->chains, by_count);
	uint32_t nr = aggregate_nr(c->chains);
	bool first = true;

	text_char(out, '{');
	json_u64(out, &first, "events", c->rows);
	json_u64(out, &first, "without", c->bare);
	json_u64(out, &first, "distinct", nr);
	json_u64(out, &first, "others", aggregate_others(c->chains)->all.count);
	json_key(out, &first, "top");
	text_char(out, '[');
	for (uint32_t i = 0; chain && i < least(rows, nr); i++) {
		text_string(out, i ? "," : "");
		json_chain(chain[i], out);
	}
	text_char(out, ']');
	json_key(out, &first, "functions");
	json_functions(c, out, rows);
	text_char(out, '}');
	free(chain);
}
