// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "body_fields.h"
#include "packed.h"
#include "symtab.h"

#define NAME_MAX_BYTES 1024u
#define TEXTS_MAX      (512u << 20)
#define MODULE_NAMES   4096u /* in a packet */

/* ---- keeping ------------------------------------------------------------- */

/* A text that is what it is up to its first NUL. */
static int keep_text(struct kpc_symtab *s, const uint8_t *at, size_t bytes,
		     uint32_t *text)
{
	*text = 0;
	if (bytes > NAME_MAX_BYTES)
		return -EBADMSG;
	if (s->texts.used > TEXTS_MAX)
		return -E2BIG;
	if (!s->texts.used)
		kpc_buf_add(&s->texts, "", 1);
	if (!bytes)
		return s->texts.error;
	*text = s->texts.used;
	kpc_buf_add(&s->texts, at, bytes);
	kpc_buf_add(&s->texts, "", 1);
	return s->texts.error;
}

static const char *text_at(const struct kpc_symtab *s, uint32_t text)
{
	return text ? (const char *)s->texts.data + text : "";
}

static int append_entry(struct kpc_symtab *s,
			const struct kpc_symtab_entry *entry)
{
	uint32_t room = s->room ? s->room * 2 : 256;
	struct kpc_symtab_entry *grown;

	if (s->nr >= KPC_RANGES_MAX)
		return -E2BIG;
	if (s->nr == s->room) {
		grown = realloc(s->entry, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->entry = grown;
		s->room = room;
	}
	s->entry[s->nr++] = *entry;
	return 0;
}

/* ---- KernelSymbols ------------------------------------------------------- */

/* The body's members, before its arrays are read. */
struct symbols {
	struct kpc_packed packed;
	uint64_t time_ns;
	uint32_t *module; /* texts */
	uint32_t nr_modules;
};

static int take_symbols_field(struct kpc_symtab *s, struct symbols *body,
			      const struct kpc_wire_field *field)
{
	switch (field->number) {
	case SYMBOLS_TIME:
		body->time_ns = field->value;
		return field->type == KPC_WIRE_VARINT ? 0 : -EBADMSG;
	case SYMBOLS_START:
	case SYMBOLS_BYTES:
	case SYMBOLS_MODULE:
	case SYMBOLS_NAME_BYTES:
	case SYMBOLS_NAMES:
		return kpc_packed_take(&body->packed, field);
	case SYMBOLS_MODULE_NAME:
		if (field->type != KPC_WIRE_BYTES ||
		    body->nr_modules == MODULE_NAMES)
			return -EBADMSG;
		return keep_text(s, field->bytes.at,
				 kpc_wire_left(&field->bytes),
				 &body->module[body->nr_modules++]);
	default:
		return 0;
	}
}

static int add_symbol(struct kpc_symtab *s, struct symbols *body)
{
	struct kpc_wire *names = &body->packed.field[SYMBOLS_NAMES];
	struct kpc_symtab_entry entry = { 0 };
	uint64_t start, bytes, module, name_bytes;
	int err;

	if (kpc_packed_fixed64(&body->packed, SYMBOLS_START, &start) ||
	    kpc_packed_varint(&body->packed, SYMBOLS_BYTES, &bytes) ||
	    kpc_packed_varint(&body->packed, SYMBOLS_MODULE, &module) ||
	    kpc_packed_varint(&body->packed, SYMBOLS_NAME_BYTES, &name_bytes) ||
	    name_bytes > kpc_wire_left(names) || module > body->nr_modules)
		return -EBADMSG;
	err = keep_text(s, names->at, name_bytes, &entry.name);
	names->at += name_bytes;
	if (module)
		entry.module = body->module[module - 1];
	if (!err)
		err = kpc_ranges_add(&s->symbols, 0, start, bytes,
				     body->time_ns, s->nr);
	return err ? err : append_entry(s, &entry);
}

static int add_symbols(struct kpc_symtab *s, struct symbols *body)
{
	int err = 0;

	while (!err && !kpc_packed_ended(&body->packed, SYMBOLS_START))
		err = add_symbol(s, body);
	for (uint32_t i = SYMBOLS_START; !err && i <= SYMBOLS_NAMES; i++)
		if (!kpc_packed_ended(&body->packed, i))
			err = -EBADMSG;
	return err;
}

int kpc_symtab_add_symbols(struct kpc_symtab *s, struct kpc_wire wire)
{
	uint32_t ranges = s->symbols.nr, entries = s->nr;
	struct kpc_wire_field field;
	struct symbols body = { 0 };
	int ret;

	body.module = calloc(MODULE_NAMES, sizeof(*body.module));
	if (!body.module)
		return -ENOMEM;
	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		ret = take_symbols_field(s, &body, &field);
		if (ret)
			break;
	}
	if (!ret)
		ret = add_symbols(s, &body);
	free(body.module);
	if (ret) {
		s->symbols.nr = ranges;
		s->nr = entries;
	}
	return ret;
}

/* ---- KernelModules ------------------------------------------------------- */

static int append_module(struct kpc_symtab *s,
			 const struct kpc_symtab_module *module)
{
	uint32_t room = s->modules_room ? s->modules_room * 2 : 64;
	struct kpc_symtab_module *grown;

	if (s->nr_modules >= KPC_RANGES_MAX)
		return -E2BIG;
	if (s->nr_modules == s->modules_room) {
		grown = realloc(s->module, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->module = grown;
		s->modules_room = room;
	}
	s->module[s->nr_modules++] = *module;
	return 0;
}

static int parse_module(struct kpc_symtab *s, struct kpc_wire wire,
			uint64_t time_ns)
{
	struct kpc_symtab_module module = { 0 };
	uint64_t start = 0, bytes = 0;
	struct kpc_wire_field field;
	size_t id;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		switch (field.number) {
		case MODULE_NAME:
			ret = field.type == KPC_WIRE_BYTES ?
				      keep_text(s, field.bytes.at,
						kpc_wire_left(&field.bytes),
						&module.name) :
				      -EBADMSG;
			break;
		case MODULE_ADDRESS:
			start = field.value;
			break;
		case MODULE_BYTES:
			bytes = field.value;
			break;
		case MODULE_BUILD_ID:
			if (field.type != KPC_WIRE_BYTES)
				return -EBADMSG;
			id = kpc_wire_left(&field.bytes);
			if (id > sizeof(module.build_id))
				return -EBADMSG;
			memcpy(module.build_id, field.bytes.at, id);
			module.build_id_bytes = id;
			break;
		case MODULE_GONE:
			module.gone = field.value;
			break;
		}
		if (ret < 0)
			return ret;
	}
	if (ret)
		return ret;
	if (start && bytes)
		ret = kpc_ranges_add(&s->modules, 0, start, bytes, time_ns,
				     s->nr_modules);
	return ret ? ret : append_module(s, &module);
}

int kpc_symtab_add_modules(struct kpc_symtab *s, struct kpc_wire wire)
{
	uint32_t ranges = s->modules.nr, modules = s->nr_modules;
	struct kpc_wire_field field;
	uint64_t time_ns = 0;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		ret = 0;
		if (field.number == MODULES_TIME)
			time_ns = field.value;
		else if (field.number == MODULES_MODULE)
			ret = field.type == KPC_WIRE_BYTES ?
				      parse_module(s, field.bytes, time_ns) :
				      -EBADMSG;
		if (ret)
			break;
	}
	if (ret) {
		s->modules.nr = ranges;
		s->nr_modules = modules;
	}
	return ret;
}

/* ---- Ksymbols ------------------------------------------------------------ */

static int parse_ksymbol(struct kpc_symtab *s, struct kpc_wire wire)
{
	uint64_t time_ns = 0, address = 0, bytes = 0, type = 0;
	struct kpc_symtab_entry entry = { 0 };
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		switch (field.number) {
		case KSYMBOL_TIME:
			time_ns = field.value;
			break;
		case KSYMBOL_ADDRESS:
			address = field.value;
			break;
		case KSYMBOL_BYTES:
			bytes = field.value;
			break;
		case KSYMBOL_NAME:
			ret = field.type == KPC_WIRE_BYTES ?
				      keep_text(s, field.bytes.at,
						kpc_wire_left(&field.bytes),
						&entry.name) :
				      -EBADMSG;
			break;
		case KSYMBOL_TYPE:
			type = field.value;
			break;
		case KSYMBOL_GONE:
			entry.gone = field.value;
			break;
		}
		if (ret < 0)
			return ret;
	}
	if (!ret && type == 1)
		ret = keep_text(s, (const uint8_t *)"bpf", 3, &entry.module);
	if (!ret)
		ret = kpc_ranges_add(&s->ksymbols, 0, address, bytes, time_ns,
				     s->nr);
	return ret ? ret : append_entry(s, &entry);
}

int kpc_symtab_add_ksymbols(struct kpc_symtab *s, struct kpc_wire wire)
{
	uint32_t ranges = s->ksymbols.nr, entries = s->nr;
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number != KSYMBOLS_SYMBOL)
			continue;
		ret = field.type == KPC_WIRE_BYTES ?
			      parse_ksymbol(s, field.bytes) :
			      -EBADMSG;
		if (ret)
			break;
	}
	if (ret) {
		s->ksymbols.nr = ranges;
		s->nr = entries;
	}
	return ret;
}

void kpc_symtab_finish(struct kpc_symtab *s)
{
	kpc_ranges_finish(&s->symbols);
	kpc_ranges_finish(&s->modules);
	kpc_ranges_finish(&s->ksymbols);
}

void kpc_symtab_uninit(struct kpc_symtab *s)
{
	kpc_ranges_uninit(&s->symbols);
	kpc_ranges_uninit(&s->modules);
	kpc_ranges_uninit(&s->ksymbols);
	kpc_buf_uninit(&s->texts);
	free(s->entry);
	free(s->module);
	*s = (struct kpc_symtab){ 0 };
}

/* ---- finding ------------------------------------------------------------- */

/* The last at or before the time, whether it came or went. */
static const struct kpc_range *last_before(const struct kpc_ranges *ranges,
					   uint64_t address, uint64_t time_ns)
{
	const struct kpc_range *r, *best = NULL;

	for (r = kpc_ranges_find(ranges, 0, address); r;
	     r = kpc_ranges_next(ranges, r, address))
		if (r->time_ns <= time_ns &&
		    (!best || r->time_ns > best->time_ns))
			best = r;
	return best;
}

/* The first at or after the time, else the last: they are read afterwards. */
static const struct kpc_range *first_after(const struct kpc_ranges *ranges,
					   uint64_t address, uint64_t time_ns)
{
	const struct kpc_range *r, *best = NULL;

	for (r = kpc_ranges_find(ranges, 0, address); r;
	     r = kpc_ranges_next(ranges, r, address)) {
		bool after = r->time_ns >= time_ns;

		if (!best || (best->time_ns < time_ns ?
				      r->time_ns > best->time_ns :
				      after && r->time_ns < best->time_ns))
			best = r;
	}
	return best;
}

/* The module that has the address then; one that came later, if none did. */
static const struct kpc_symtab_module *
find_module(const struct kpc_symtab *s, uint64_t address, uint64_t time_ns,
	    const struct kpc_range **range)
{
	*range = last_before(&s->modules, address, time_ns);
	if (!*range)
		*range = first_after(&s->modules, address, time_ns);
	return *range ? &s->module[(*range)->number] : NULL;
}

static void fill_module(const struct kpc_symtab *s,
			const struct kpc_symtab_module *module,
			struct kpc_kernel_symbol *symbol)
{
	symbol->module = text_at(s, module->name);
	symbol->build_id = module->build_id;
	symbol->build_id_bytes = module->build_id_bytes;
}

bool kpc_symtab_find(const struct kpc_symtab *s, uint64_t address,
		     uint64_t time_ns, struct kpc_kernel_symbol *symbol)
{
	const struct kpc_symtab_module *module;
	const struct kpc_range *range, *in;

	*symbol = (struct kpc_kernel_symbol){ .name = "", .module = "" };
	module = find_module(s, address, time_ns, &in);
	range = last_before(&s->ksymbols, address, time_ns);
	if (!range || s->entry[range->number].gone)
		range = first_after(&s->symbols, address, time_ns);
	if (range) {
		symbol->name = text_at(s, s->entry[range->number].name);
		symbol->module = text_at(s, s->entry[range->number].module);
		if (module && !strcmp(symbol->module, text_at(s, module->name)))
			fill_module(s, module, symbol);
	} else if (module && !module->gone) {
		range = in;
		fill_module(s, module, symbol);
	} else {
		return false;
	}
	symbol->start = range->start;
	symbol->bytes = range->end - range->start;
	symbol->offset = address - range->start;
	return true;
}
