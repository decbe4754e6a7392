// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "member.h"
#include "nearmiss.h"

#define NESTED_MAX 16 /* structs within each other */
#define LIST_MAX   12 /* members that an error names */

/*
 * Where the walk is: at a value of @type that @fetch gives, or, if @is_place, at
 * one in memory, @bit behind the address that @fetch gives.
 */
struct walk {
	const struct btf *btf;
	const char *at, *end; /* of the text that is left */
	const char *text;
	size_t bytes;
	struct kpc_member *member;
	uint32_t type;
	bool is_place;
	uint64_t bit;
	uint32_t bits; /* of a bit field, or 0 */
	uint32_t depth;
	bool is_return;	 /* it's what the function returns */
	uint32_t number; /* of the argument whose value it is, or 0 */
	uint32_t words;	 /* of either that are in registers */
	char *error;
	size_t error_size;
};

#define FAIL(_w, _err, ...) \
	kpc_fail((_w)->error, (_w)->error_size, _err, __VA_ARGS__)

static int out_of_sense(const struct walk *w)
{
	return FAIL(w, -EINVAL,
		    "%.*s: its type in the kernel's BTF makes no "
		    "sense",
		    (int)w->bytes, w->text);
}

/* ---- the words of a path ------------------------------------------------- */

static size_t word_bytes(const char *at, const char *end)
{
	const char *begin = at;

	while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	return at - begin;
}

/* What has been read so far, for errors. */
static int so_far(const struct walk *w, const char *end)
{
	return end - w->text;
}

/* ---- names of types ------------------------------------------------------ */

static const char *kind_name(const struct btf_type *type)
{
	if (btf_is_void(type))
		return "void";
	if (btf_is_ptr(type))
		return "a pointer";
	if (btf_is_struct(type))
		return "a struct";
	if (btf_is_union(type))
		return "a union";
	if (btf_is_array(type))
		return "an array";
	if (btf_is_any_enum(type))
		return "an enumeration";
	if (btf_is_fwd(type))
		return "a struct that this BTF has no members of";
	return "a number";
}

static bool is_char(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = kpc_btf_strip(btf, id);

	return type && btf_is_int(type) && type->size == 1 &&
	       !(btf_int_encoding(type) & BTF_INT_BOOL);
}

/* ---- the base ------------------------------------------------------------ */

static int begin_return(struct walk *w, const struct kpc_prototype *p)
{
	int64_t bytes;

	if (!p->returns)
		return FAIL(w, -EINVAL, "the function returns nothing");
	bytes = btf__resolve_size(p->btf, p->returns);
	w->type = p->returns;
	w->is_return = true;
	/* Of two words one can be had; what is longer, $retval points to. */
	w->words = 1;
	w->is_place = bytes > 16;
	snprintf(w->member->fetch, sizeof(w->member->fetch), "$retval");
	snprintf(w->member->name, sizeof(w->member->name), "retval");
	return 0;
}

static void list_args(const struct kpc_prototype *p, char *list, size_t size)
{
	size_t used = 0;

	list[0] = '\0';
	for (uint32_t i = 0; i < p->nr && used < size; i++)
		used += snprintf(list + used, size - used, "%s%s",
				 i ? ", " : "", p->args[i].name);
}

static int begin_argument(struct walk *w, const struct kpc_prototype *p,
			  const struct kpc_argument *arg, size_t bytes)
{
	char list[KPC_PROTOTYPE_ARGS * KPC_ARGUMENT_NAME];

	if (!arg) {
		list_args(p, list, sizeof(list));
		return FAIL(w, -ENOENT,
			    "%.*s isn't an argument of the function, which has "
			    "%s",
			    (int)bytes, w->text, *list ? list : "none");
	}
	w->type = arg->type;
	w->number = arg->number;
	w->words = arg->words;
	snprintf(w->member->fetch, sizeof(w->member->fetch), "$arg%u",
		 arg->number);
	snprintf(w->member->name, sizeof(w->member->name), "%s", arg->name);
	return 0;
}

/* The argument whose word is $argN. */
static const struct kpc_argument *by_number(const struct kpc_prototype *p,
					    const char *digits, size_t bytes)
{
	char text[16];
	unsigned long number;

	snprintf(text, sizeof(text), "%.*s", (int)bytes, digits);
	number = strtoul(text, NULL, 10);
	for (uint32_t i = 0; i < p->nr; i++)
		if (p->args[i].number == number)
			return &p->args[i];
	return NULL;
}

static int begin(struct walk *w, const struct kpc_prototype *p)
{
	bool dollar = w->at < w->end && *w->at == '$';
	size_t bytes = dollar + word_bytes(w->at + dollar, w->end);
	const char *word = w->at;

	w->at += bytes;
	if (bytes == 7 && !memcmp(word, "$retval", 7))
		return begin_return(w, p);
	if (bytes > 4 && !memcmp(word, "$arg", 4))
		return begin_argument(w, p, by_number(p, word + 4, bytes - 4),
				      bytes);
	return begin_argument(w, p, kpc_prototype_argument(p, word, bytes),
			      bytes);
}

/* ---- steps --------------------------------------------------------------- */

/* The register that the bit is in. */
static int fetch_word(struct walk *w)
{
	uint32_t word = w->bit / 64;

	if (word >= w->words)
		return FAIL(w, -EINVAL,
			    "%.*s is in a register that a probe doesn't have",
			    (int)w->bytes, w->text);
	if (w->number)
		snprintf(w->member->fetch, sizeof(w->member->fetch), "$arg%u",
			 w->number + word);
	return 0;
}

/* From a pointer in memory to its value. */
static int fetch_pointer(struct walk *w)
{
	char *fetch = w->member->fetch, inner[sizeof(w->member->fetch)];

	if (w->bit % (w->is_place ? 8 : 64))
		return out_of_sense(w);
	if (!w->is_place)
		return w->bit ? fetch_word(w) : 0;
	if (++w->depth > KPC_MEMBER_DEPTH)
		return FAIL(w, -EINVAL,
			    "%.*s goes through more than %d pointers",
			    (int)w->bytes, w->text, KPC_MEMBER_DEPTH);
	memcpy(inner, fetch, sizeof(inner));
	if ((size_t)snprintf(fetch, sizeof(w->member->fetch),
			     "+%" PRIu64 "(%s)", w->bit / 8,
			     inner) >= sizeof(w->member->fetch))
		return FAIL(w, -EINVAL, "%.*s is too long", (int)w->bytes,
			    w->text);
	w->is_place = false;
	w->bit = 0;
	return 0;
}

/* What a pointer points to. */
static int follow(struct walk *w, const struct btf_type *pointer)
{
	int err = fetch_pointer(w);

	w->type = pointer->type;
	w->is_place = true;
	w->bit = 0;
	w->bits = 0;
	w->number = 0;
	w->is_return = false;
	return err;
}

/* A member of the struct @type, also of nameless ones within it. */
static bool find_member(const struct btf *btf, const struct btf_type *type,
			const char *name, size_t bytes, uint32_t depth,
			struct walk *found)
{
	const struct btf_member *member = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++, member++) {
		const char *called = btf__name_by_offset(btf, member->name_off);
		uint64_t bit = found->bit + btf_member_bit_offset(type, i);
		const struct btf_type *inner;

		if (called && *called) {
			if (strncmp(called, name, bytes) || called[bytes])
				continue;
			found->bit = bit;
			found->bits = btf_member_bitfield_size(type, i);
			found->type = member->type;
			return true;
		}
		inner = kpc_btf_strip(btf, member->type);
		if (!inner || !btf_is_composite(inner) || depth >= NESTED_MAX)
			continue;
		struct walk deeper = { .bit = bit };

		if (find_member(btf, inner, name, bytes, depth + 1, &deeper)) {
			found->bit = deeper.bit;
			found->bits = deeper.bits;
			found->type = deeper.type;
			return true;
		}
	}
	return false;
}

static void offer_members(const struct btf *btf, const struct btf_type *type,
			  uint32_t depth, struct kpc_nearmiss *near, char *list,
			  size_t size, uint32_t *nr)
{
	const struct btf_member *member = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++, member++) {
		const char *name = btf__name_by_offset(btf, member->name_off);
		const struct btf_type *inner;
		size_t used = strlen(list);

		if (name && *name) {
			kpc_nearmiss_offer(near, name);
			if ((*nr)++ < LIST_MAX)
				snprintf(list + used, size - used, "%s%s",
					 used ? ", " : "", name);
			continue;
		}
		inner = kpc_btf_strip(btf, member->type);
		if (inner && btf_is_composite(inner) && depth < NESTED_MAX)
			offer_members(btf, inner, depth + 1, near, list, size,
				      nr);
	}
}

static int no_member(const struct walk *w, const struct btf_type *type,
		     const char *name, size_t bytes)
{
	char wanted[KPC_NEARMISS_BYTES], text[KPC_NEARMISS_TEXT];
	char list[LIST_MAX * 32] = "";
	const char *tag = btf__name_by_offset(w->btf, type->name_off);
	struct kpc_nearmiss near;
	uint32_t nr = 0;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)bytes, name);
	kpc_nearmiss_init(&near, wanted);
	offer_members(w->btf, type, 0, &near, list, sizeof(list), &nr);
	kpc_nearmiss_text(&near, text, sizeof(text));
	if (*text)
		return FAIL(w, -ENOENT, "%s %s has no member %s%s",
			    btf_is_union(type) ? "union" : "struct",
			    tag && *tag ? tag : "(nameless)", wanted, text);
	return FAIL(w, -ENOENT, "%s %s has no member %s; it has %s%s",
		    btf_is_union(type) ? "union" : "struct",
		    tag && *tag ? tag : "(nameless)", wanted,
		    *list ? list : "none", nr > LIST_MAX ? ", …" : "");
}

static int step_member(struct walk *w, bool arrow)
{
	const char *before = w->at, *name = w->at + (arrow ? 2 : 1);
	const struct btf_type *type = kpc_btf_strip(w->btf, w->type);
	size_t bytes = word_bytes(name, w->end);
	struct walk found;
	int err = 0;

	if (!type)
		return out_of_sense(w);
	if (!bytes)
		return FAIL(w, -EINVAL,
			    "%.*s: a member's name is missing after "
			    "the %s",
			    (int)w->bytes, w->text, arrow ? "->" : ".");
	if (arrow && !btf_is_ptr(type))
		return FAIL(w, -EINVAL, "%.*s is %s: %s", so_far(w, before),
			    w->text, kind_name(type),
			    btf_is_composite(type) ?
				    "its members are behind a ." :
				    "it has no members");
	if (arrow) {
		err = follow(w, type);
		type = kpc_btf_strip(w->btf, w->type);
	}
	if (err || !type)
		return err ? err : out_of_sense(w);
	if (!btf_is_composite(type) && arrow)
		return FAIL(w, -EINVAL,
			    "what %.*s points to is %s: it has no members",
			    so_far(w, before), w->text, kind_name(type));
	if (!btf_is_composite(type))
		return FAIL(w, -EINVAL, "%.*s is %s: %s", so_far(w, before),
			    w->text, kind_name(type),
			    btf_is_ptr(type) ?
				    "what it points to is behind a ->" :
				    "it has no members");
	found = (struct walk){ .bit = w->bit };
	if (!find_member(w->btf, type, name, bytes, 0, &found))
		return no_member(w, type, name, bytes);
	w->bit = found.bit;
	w->bits = found.bits;
	w->type = found.type;
	snprintf(w->member->name, sizeof(w->member->name), "%.*s", (int)bytes,
		 name);
	w->at = name + bytes;
	return 0;
}

static int step_index(struct walk *w)
{
	const char *before = w->at;
	const struct btf_type *type = kpc_btf_strip(w->btf, w->type);
	uint64_t index;
	int64_t bytes;
	char *end;
	int err = 0;

	if (!type)
		return out_of_sense(w);
	index = strtoul(w->at + 1, &end, 0);
	if (!isdigit((unsigned char)w->at[1]) || end >= w->end || *end != ']' ||
	    index > INT32_MAX)
		return FAIL(w, -EINVAL,
			    "%.*s: what is between [ and ] isn't a "
			    "number",
			    (int)w->bytes, w->text);
	if (btf_is_ptr(type)) {
		err = follow(w, type);
	} else if (btf_is_array(type)) {
		if (index >= btf_array(type)->nelems && btf_array(type)->nelems)
			return FAIL(w, -EINVAL, "%.*s has %u elements",
				    so_far(w, before), w->text,
				    btf_array(type)->nelems);
		w->type = btf_array(type)->type;
	} else {
		return FAIL(w, -EINVAL, "%.*s is %s: it has no elements",
			    so_far(w, before), w->text, kind_name(type));
	}
	bytes = btf__resolve_size(w->btf, w->type);
	if (err || bytes < 0)
		return err ? err : out_of_sense(w);
	w->bit += index * bytes * 8;
	w->bits = 0;
	w->at = end + 1;
	return 0;
}

static int step(struct walk *w)
{
	if (w->end - w->at >= 2 && w->at[0] == '-' && w->at[1] == '>')
		return step_member(w, true);
	if (*w->at == '.')
		return step_member(w, false);
	if (*w->at == '[')
		return step_index(w);
	return FAIL(w, -EINVAL,
		    "%.*s: a member is behind a -> or a ., an "
		    "element in [ ]",
		    (int)w->bytes, w->text);
}

/* ---- the end ------------------------------------------------------------- */

static int part_of_a_word(const struct walk *w)
{
	return FAIL(w, -EINVAL,
		    "%.*s is a part of a word, which has its own type: leave "
		    "out what is behind the colon",
		    (int)w->bytes, w->text);
}

/* In a register: the word of a struct that it's in, and the bits there. */
static int end_in_register(struct walk *w, bool wanted)
{
	const struct btf_type *t = kpc_btf_strip(w->btf, w->type);
	uint32_t bits = w->bits, at = w->bit % 64;
	struct kpc_member *m = w->member;
	int err = fetch_word(w);

	if (err || (!at && !bits))
		return err;
	if (!bits)
		bits = btf_is_ptr(t) ? 64 : t->size * 8;
	if (bits + at > 64)
		return out_of_sense(w);
	if (wanted && bits < 64)
		return part_of_a_word(w);
	if (bits < 64)
		snprintf(m->type, sizeof(m->type), "b%u@%u/64", bits, at);
	return 0;
}

static int end_bit_field(struct walk *w)
{
	const struct btf_type *t = kpc_btf_strip(w->btf, w->type);
	struct kpc_member *m = w->member;
	uint64_t unit = t->size * 8;
	uint64_t first = w->bit / unit * unit;

	/* One that crosses its type's units is read in a larger one. */
	while (unit < 64 && w->bit + w->bits > first + unit) {
		unit *= 2;
		first = w->bit / unit * unit;
	}
	if (w->bit + w->bits > first + unit)
		return FAIL(w, -EINVAL,
			    "%.*s is a bit field that lies across "
			    "words, which can't be read",
			    (int)w->bytes, w->text);
	snprintf(m->type, sizeof(m->type), "b%u@%u/%u", w->bits,
		 (uint32_t)(w->bit - first), (uint32_t)unit);
	w->bit = first;
	return 0;
}

/* One level more around the fetch: what is at @offset from it. */
static int dereference(struct walk *w, uint64_t offset)
{
	w->is_place = true;
	w->bit = offset * 8;
	return fetch_pointer(w);
}

static bool is_string(const char *type)
{
	return !strncmp(type, "string", 6) || !strncmp(type, "ustring", 7);
}

/* Of a number or a pointer, or a text that is wanted. */
static int end(struct walk *w, const char *wanted)
{
	const struct btf_type *t = kpc_btf_strip(w->btf, w->type);
	const char *own = kpc_btf_fetch_type(w->btf, w->type);
	struct kpc_member *m = w->member;
	bool array, pointer;

	if (!t)
		return out_of_sense(w);
	array = btf_is_array(t);
	pointer = btf_is_ptr(t);
	if (!wanted && ((array && is_char(w->btf, btf_array(t)->type)) ||
			(pointer && is_char(w->btf, t->type))))
		wanted = "string";
	if (wanted)
		snprintf(m->type, sizeof(m->type), "%s", wanted);
	if (wanted && is_string(wanted) && pointer) {
		int err = fetch_pointer(w);

		return err ? err : dereference(w, 0);
	}
	if (array && w->is_place && wanted)
		return fetch_pointer(w);
	if (!own && !wanted)
		return FAIL(w, -EINVAL, "%.*s is %s: name %s", (int)w->bytes,
			    w->text, kind_name(t),
			    array ? "an element in [ ], or give a type behind "
				    "a colon" :
				    "a member of it");
	if (w->is_place && w->bits) {
		int err = wanted ? part_of_a_word(w) : end_bit_field(w);

		return err ? err : fetch_pointer(w);
	}
	if (!wanted)
		snprintf(m->type, sizeof(m->type), "%s", own);
	if (w->is_place)
		return fetch_pointer(w);
	return w->number || w->is_return ? end_in_register(w, wanted) : 0;
}

int kpc_member_resolve(const struct kpc_prototype *prototype, const char *text,
		       size_t bytes, const char *type,
		       struct kpc_member *member, char *error,
		       size_t error_size)
{
	struct walk w = {
		.btf = prototype->btf,
		.text = text,
		.bytes = bytes,
		.at = text,
		.end = text + bytes,
		.member = member,
		.error = error,
		.error_size = error_size,
	};
	int err;

	*member = (struct kpc_member){ 0 };
	err = begin(&w, prototype);
	while (!err && w.at < w.end)
		err = step(&w);
	return err ? err : end(&w, type);
}
