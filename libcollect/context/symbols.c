// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "body_fields.h"
#include "symbols.h"
#include "wire.h"

#define TEXTS_MAX	(32u << 20)
#define MADE_STEP	4096ull /* of text that is made at run time */
#define MADE_FIRST	0xffffffffa0000000ull /* x86-64: above the kernel */
#define WRITE_MAX	65536u		      /* symbols in a packet */
#define MODULE_NAME_MAX 1024u		      /* modules in a packet */

void kpc_symbols_init(struct kpc_symbols *s)
{
	*s = (struct kpc_symbols){
		.path = KPC_KALLSYMS,
		.lookup.fd = -1,
		.namer = { -1, -1, -1, NULL },
	};
	kpc_buf_add(&s->texts, "", 1);
}

void kpc_symbols_uninit(struct kpc_symbols *s)
{
	kpc_lookup_uninit(&s->lookup);
	kpc_namer_close(&s->namer);
	kpc_buf_uninit(&s->texts);
	free(s->found);
	*s = (struct kpc_symbols){
		.lookup.fd = -1,
		.namer = { -1, -1, -1, NULL },
	};
}

static const char *text_at(const struct kpc_symbols *s, uint32_t at)
{
	return (const char *)s->texts.data + at;
}

/* ---- what is known ------------------------------------------------------- */

static bool is_known(const struct kpc_symbols *s, uint64_t address)
{
	uint32_t low = 0, n = s->nr_sorted;

	while (n) { /* the first that begins above it */
		uint32_t half = n / 2;

		if (s->found[low + half].start <= address) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low &&
	       address - s->found[low - 1].start < s->found[low - 1].bytes;
}

static int compare(const void *left, const void *right)
{
	const struct kpc_found *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static int append(struct kpc_symbols *s, const struct kpc_found *found)
{
	uint32_t room = s->room ? s->room * 2 : 256;
	struct kpc_found *grown;

	if (s->nr == s->room) {
		grown = realloc(s->found, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->found = grown;
		s->room = room;
	}
	s->found[s->nr++] = *found;
	return 0;
}

static uint32_t keep_text(struct kpc_symbols *s, const char *text)
{
	uint32_t to = s->texts.used;

	if (!*text || to >= TEXTS_MAX)
		return 0;
	kpc_buf_add(&s->texts, text, strlen(text) + 1);
	return s->texts.error ? 0 : to;
}

/* Modules are few, and their symbols come one after the other. */
static uint32_t keep_module(struct kpc_symbols *s, const char *text)
{
	if (s->nr && !strcmp(text_at(s, s->found[s->nr - 1].module), text))
		return s->found[s->nr - 1].module;
	return keep_text(s, text);
}

static const char *hit_text(const struct kpc_symbols *s, uint32_t at)
{
	return (const char *)s->lookup.texts.data + at;
}

static void sort_found(struct kpc_symbols *s)
{
	if (s->nr)
		qsort(s->found, s->nr, sizeof(*s->found), compare);
	s->nr_sorted = s->nr;
}

/* What is after the last symbol of the kernel or a module isn't in it. */
static bool is_within(const struct kpc_symbols *s,
		      const struct kpc_modules *modules, struct kpc_hit *hit)
{
	const char *module = (const char *)s->lookup.texts.data + hit->module;
	uint64_t end;

	if (!hit->start)
		return false;
	end = *module ? kpc_modules_end(modules, module) : UINT64_MAX;
	/* BPF programs and the like: where the last one ends isn't known. */
	if (*module && end == UINT64_MAX)
		end = (hit->address | (MADE_STEP - 1)) + 1;
	if (end < hit->end)
		hit->end = end;
	return hit->address < hit->end &&
	       hit->end - hit->start <= KPC_SYMBOL_MOST;
}

static int take_hits(struct kpc_symbols *s, const struct kpc_modules *modules)
{
	uint64_t last = 0;
	int err = 0;

	for (uint32_t i = 0; !err && i < s->lookup.nr; i++) {
		struct kpc_hit *hit = &s->lookup.hits[i];

		if (!is_within(s, modules, hit))
			continue;
		if (hit->start == last) { /* the same; it may reach further */
			s->found[s->nr - 1].bytes = hit->end - hit->start;
			continue;
		}
		last = hit->start;
		err = append(
			s, &(struct kpc_found){
				   .start = hit->start,
				   .bytes = hit->end - hit->start,
				   .module = keep_module(
					   s, hit_text(s, hit->module)),
				   .name = keep_text(s, hit_text(s, hit->name)),
				   .fresh = true,
			   });
	}
	sort_found(s);
	return err ? err : s->texts.error;
}

void kpc_symbols_forget(struct kpc_symbols *s, const char *module)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->nr; i++)
		if (strcmp(text_at(s, s->found[i].module), module))
			s->found[kept++] = s->found[i];
	s->nr = kept;
	s->nr_sorted = kept;
}

/* ---- looking up ---------------------------------------------------------- */

/* A kallsyms of its own (in tests) isn't the kernel's. */
static bool need_namer(struct kpc_symbols *s)
{
	if (!s->tried_namer && !strcmp(s->path, KPC_KALLSYMS)) {
		s->has_namer = !kpc_namer_open(&s->namer);
		if (!s->has_namer)
			kpc_namer_close(&s->namer);
	}
	s->tried_namer = true;
	return s->has_namer;
}

static int append_name(struct kpc_symbols *s, const struct kpc_name *name)
{
	return append(s, &(struct kpc_found){
				 .start = name->start,
				 .bytes = name->bytes,
				 .module = keep_module(s, name->module),
				 .name = keep_text(s, name->name),
				 .fresh = true,
			 });
}

/*
 * Asks for each of the sorted addresses; what is left in the list is what there
 * may be a symbol of nevertheless: the kernel doesn't name its trampolines so.
 */
static int ask_namer(struct kpc_symbols *s, uint64_t *list, uint32_t *nr)
{
	struct kpc_name name = { 0 };
	uint32_t left = 0;
	int err = 0;

	for (uint32_t i = 0; !err && i < *nr; i++) {
		if (list[i] - name.start < name.bytes)
			continue;
		err = kpc_namer_name(&s->namer, list[i], &name);
		if (!err) {
			err = append_name(s, &name);
			continue;
		}
		name.bytes = 0;
		if (err != -ENOENT || list[i] >= MADE_FIRST)
			list[left++] = list[i];
		err = 0;
	}
	*nr = left;
	sort_found(s);
	return err ? err : s->texts.error;
}

int kpc_symbols_begin(struct kpc_symbols *s, struct kpc_addresses *addresses,
		      uint64_t now_ns)
{
	uint32_t nr, unknown = 0;
	uint64_t *list;
	int err = 0;

	if (s->looking)
		return 0;
	kpc_addresses_take(addresses, &list, &nr);
	for (uint32_t i = 0; i < nr; i++)
		if (!is_known(s, list[i]))
			list[unknown++] = list[i];
	s->looked_ns = unknown ? now_ns : s->looked_ns;
	if (unknown && need_namer(s))
		err = ask_namer(s, list, &unknown);
	if (!err && unknown) {
		err = kpc_lookup_begin(&s->lookup, s->path, list, unknown);
		s->looking = !err;
		s->denied |= err == -EACCES || err == -EPERM;
		if (err)
			kpc_lookup_uninit(&s->lookup);
	}
	free(list);
	return err;
}

int kpc_symbols_step(struct kpc_symbols *s, const struct kpc_modules *modules)
{
	int ret;

	if (!s->looking)
		return 0;
	ret = kpc_lookup_step(&s->lookup);
	if (ret > 0)
		return ret;
	if (!ret)
		ret = take_hits(s, modules);
	s->denied |= ret == -EACCES;
	s->looking = false;
	kpc_lookup_uninit(&s->lookup);
	return ret;
}

/* ---- writing ------------------------------------------------------------- */

/* The symbols of one packet, and what their modules are called. */
struct packet {
	const struct kpc_found **found;
	uint32_t nr;
	uint32_t module[MODULE_NAME_MAX]; /* texts */
	uint32_t nr_modules;
};

/* Its position + 1; 0: the kernel's. */
static uint32_t module_number(const struct kpc_symbols *s, struct packet *p,
			      uint32_t module)
{
	if (!module)
		return 0;
	for (uint32_t i = p->nr_modules; i-- > 0;)
		if (p->module[i] == module ||
		    !strcmp(text_at(s, p->module[i]), text_at(s, module)))
			return i + 1;
	if (p->nr_modules == MODULE_NAME_MAX)
		return 0;
	p->module[p->nr_modules++] = module;
	return p->nr_modules;
}

static void add_packet(const struct kpc_symbols *s, struct packet *p,
		       struct kpc_buf *body)
{
	size_t begin;

	kpc_wire_add_varint(body, SYMBOLS_TIME, s->looked_ns);
	begin = kpc_wire_begin(body, SYMBOLS_START);
	for (uint32_t i = 0; i < p->nr; i++)
		kpc_buf_add(body, &p->found[i]->start, sizeof(uint64_t));
	kpc_wire_end(body, begin);
	begin = kpc_wire_begin(body, SYMBOLS_BYTES);
	for (uint32_t i = 0; i < p->nr; i++)
		kpc_wire_put_varint(body, p->found[i]->bytes);
	kpc_wire_end(body, begin);
	begin = kpc_wire_begin(body, SYMBOLS_MODULE);
	for (uint32_t i = 0; i < p->nr; i++)
		kpc_wire_put_varint(body,
				    module_number(s, p, p->found[i]->module));
	kpc_wire_end(body, begin);
	begin = kpc_wire_begin(body, SYMBOLS_NAME_BYTES);
	for (uint32_t i = 0; i < p->nr; i++)
		kpc_wire_put_varint(body,
				    strlen(text_at(s, p->found[i]->name)));
	kpc_wire_end(body, begin);
	begin = kpc_wire_begin(body, SYMBOLS_NAMES);
	for (uint32_t i = 0; i < p->nr; i++) {
		const char *name = text_at(s, p->found[i]->name);

		kpc_buf_add(body, name, strlen(name));
	}
	kpc_wire_end(body, begin);
	for (uint32_t i = 0; i < p->nr_modules; i++) {
		const char *name = text_at(s, p->module[i]);

		kpc_wire_add_bytes(body, SYMBOLS_MODULE_NAME, name,
				   strlen(name));
	}
}

static int write_packet(const struct kpc_symbols *s, struct packet *p,
			struct kpc_writer *writer, uint64_t lost)
{
	struct kpc_context_head head = {
		.entries = p->nr,
		.lost = lost,
		.denied = s->denied,
	};
	struct kpc_buf body = { 0 };
	int err;

	add_packet(s, p, &body);
	err = kpc_writer_context(writer, KPC_CONTEXT_SYMBOLS, &head, &body);
	kpc_buf_uninit(&body);
	p->nr = 0;
	p->nr_modules = 0;
	return err;
}

int kpc_symbols_write(struct kpc_symbols *s, struct kpc_writer *writer,
		      uint64_t lost, bool all)
{
	struct packet p = { 0 };
	int err = 0;

	p.found = calloc(s->nr + 1, sizeof(*p.found));
	if (!p.found)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < s->nr; i++) {
		if (!all && !s->found[i].fresh)
			continue;
		p.found[p.nr++] = &s->found[i];
		if (p.nr == WRITE_MAX)
			err = write_packet(s, &p, writer, lost);
	}
	/* One without symbols says that there are none to be had. */
	if (!err && (p.nr || (s->denied && (all || !s->told))))
		err = write_packet(s, &p, writer, lost);
	for (uint32_t i = 0; !err && !all && i < s->nr; i++)
		s->found[i].fresh = false;
	s->told |= s->denied && !err;
	free(p.found);
	return err;
}
