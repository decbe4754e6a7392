// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btflayout.h"
#include "desc.h"

#define NAME_BYTES    256
#define TYPE_BYTES    80
#define CHAIN_MAX     32 /* of typedefs, qualifiers, dimensions */
#define STRUCTS_MAX   16 /* within each other */
#define MEMBERS_MAX   65536
#define POINTER_BYTES 8 /* of BPF */

struct layout {
	struct kpc_event *event;
	const struct btf *btf;
	uint32_t room;	/* of event->fields */
	uint32_t depth; /* of structs */
	uint32_t members;
};

/* A member's place; @bits is 0 if it isn't a bit field. */
struct place {
	uint64_t bit;
	uint32_t bits;
};

static int layout_type(struct layout *l, const char *name, uint32_t id,
		       struct place place);

/* ---- types --------------------------------------------------------------- */

/* Without typedefs and qualifiers; @name: the first that there is. */
static const struct btf_type *strip(const struct layout *l, uint32_t id,
				    const char **name)
{
	const struct btf_type *type;

	*name = "";
	for (int i = 0; i < CHAIN_MAX; i++) {
		type = btf__type_by_id(l->btf, id);
		if (!type)
			return NULL;
		if (!**name && type->name_off && !btf_is_type_tag(type))
			*name = btf__name_by_offset(l->btf, type->name_off);
		if (!*name)
			return NULL;
		if (!btf_is_mod(type) && !btf_is_typedef(type) &&
		    !btf_is_type_tag(type))
			return type;
		id = type->type;
	}
	return NULL;
}

/* Whatever typedef it has; clang doesn't say BTF_INT_CHAR. */
static bool is_char(const struct layout *l, const struct btf_type *type)
{
	const char *name;

	if (!btf_is_int(type) || type->size != 1)
		return false;
	name = btf__name_by_offset(l->btf, type->name_off);
	return btf_int_encoding(type) & BTF_INT_CHAR ||
	       (name && !strcmp(name, "char"));
}

static bool is_number(const struct btf_type *type)
{
	uint32_t n = btf_is_ptr(type) ? POINTER_BYTES : type->size;

	return (btf_is_int(type) || btf_is_any_enum(type) ||
		btf_is_ptr(type)) &&
	       (n == 1 || n == 2 || n == 4 || n == 8);
}

static void type_text(const struct layout *l, const struct btf_type *type,
		      const char *name, char text[TYPE_BYTES])
{
	const char *own = btf__name_by_offset(l->btf, type->name_off);
	const char *kind = "";

	if (!own || strcmp(own, name)) /* a typedef's name needs none */
		kind = "";
	else if (btf_is_struct(type))
		kind = "struct";
	else if (btf_is_union(type))
		kind = "union";
	else if (btf_is_any_enum(type))
		kind = "enum";
	if (btf_is_ptr(type) && !*name)
		name = "void *";
	snprintf(text, TYPE_BYTES, "%s%s%s", kind, *kind && *name ? " " : "",
		 name);
}

/* ---- fields -------------------------------------------------------------- */

/* One more, with all that's the same for every kind; NULL without memory. */
static struct kpc_field *new_field(struct layout *l, const char *name,
				   const char *type, uint64_t bit,
				   uint32_t bytes)
{
	struct kpc_event *event = l->event;
	struct kpc_field *fields = event->fields;
	struct kpc_field *field;

	if (event->nr_fields == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		fields = realloc(fields, l->room * sizeof(*fields));
		if (!fields)
			return NULL;
		event->fields = fields;
	}
	field = &fields[event->nr_fields++];
	*field = (struct kpc_field){
		.name = strdup(name),
		.type = strdup(type),
		.offset = bit / 8,
		.bytes = bytes,
		.kind = KPC_FIELD_BYTES,
	};
	return field->name && field->type ? field : NULL;
}

/* The value of enumerator @i, as the field's column has it. */
static uint64_t enum_value(const struct btf_type *type, uint32_t i,
			   bool is_signed)
{
	if (btf_is_enum64(type))
		return btf_enum64_value(&btf_enum64(type)[i]);
	return is_signed ? (uint64_t)(int64_t)btf_enum(type)[i].val :
			   (uint32_t)btf_enum(type)[i].val;
}

/* Old compilers don't say that an enumeration is signed. */
static bool enum_is_signed(const struct btf_type *type)
{
	if (btf_kflag(type))
		return true;
	for (uint32_t i = 0; btf_is_enum(type) && i < btf_vlen(type); i++)
		if (btf_enum(type)[i].val < 0)
			return true;
	return false;
}

static int name_values(struct layout *l, struct kpc_field *field,
		       const struct btf_type *type)
{
	uint32_t n = btf_vlen(type);

	field->symbols = calloc(n + 1, sizeof(*field->symbols));
	if (!field->symbols)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = btf_is_enum64(type) ?
				      btf_enum64(type)[i].name_off :
				      btf_enum(type)[i].name_off;
		const char *name = btf__name_by_offset(l->btf, at);
		struct kpc_symbol *symbol = &field->symbols[i];

		symbol->value =
			enum_value(type, i, field->kind == KPC_FIELD_SIGNED);
		symbol->name = strdup(name ? name : "");
		field->nr_symbols++;
		if (!symbol->name)
			return -ENOMEM;
	}
	return 0;
}

/* A number, whatever its place; @names: its values'. */
static int set_number(struct layout *l, struct kpc_field *field,
		      const struct btf_type *type, bool names)
{
	field->kind = KPC_FIELD_UNSIGNED;
	if (btf_is_ptr(type))
		field->kind = KPC_FIELD_HEX;
	else if (btf_is_int(type) && btf_int_encoding(type) & BTF_INT_SIGNED)
		field->kind = KPC_FIELD_SIGNED;
	if (!btf_is_any_enum(type))
		return 0;
	if (enum_is_signed(type))
		field->kind = KPC_FIELD_SIGNED;
	return names ? name_values(l, field, type) : 0;
}

/* The smallest integer in the record that has the bits; 0: there is none. */
static uint32_t bits_window(const struct layout *l, const struct place *place,
			    uint64_t *start)
{
	uint32_t record = l->event->record_bytes;
	uint64_t last = (place->bit + place->bits - 1) / 8;

	for (uint32_t bytes = 1; bytes <= 8; bytes *= 2) {
		*start = place->bit / 8;
		if (*start + bytes > record)
			*start = record >= bytes ? record - bytes : 0;
		if (last < *start + bytes && *start + bytes <= record)
			return bytes;
	}
	return 0;
}

static int layout_bits(struct layout *l, const char *name, const char *text,
		       const struct btf_type *type, struct place place)
{
	uint64_t start;
	uint32_t bytes = bits_window(l, &place, &start);
	struct kpc_field *field;

	if (place.bits > 64 || !is_number(type))
		return -EINVAL;
	if (!bytes) { /* across nine bytes: only packed ones can be so */
		uint64_t end = (place.bit + place.bits + 7) / 8;

		field = new_field(l, name, text, place.bit,
				  end - place.bit / 8);
		return field ? 0 : -ENOMEM;
	}
	field = new_field(l, name, text, start * 8, bytes);
	if (!field)
		return -ENOMEM;
	field->bit_offset = place.bit - start * 8;
	field->bits = place.bits;
	return set_number(l, field, type, true);
}

static int layout_bytes(struct layout *l, const char *name, const char *text,
			uint64_t bit, uint64_t bytes)
{
	if (!bytes)
		return 0; /* such as a flexible array */
	return new_field(l, name, text, bit, bytes) ? 0 : -ENOMEM;
}

/* ---- arrays -------------------------------------------------------------- */

struct array {
	uint64_t elements;
	uint64_t chars; /* of each, if they are strings */
	const struct btf_type *element;
	const char *name; /* of its type */
	uint64_t element_bytes;
};

/* All dimensions are taken for one; of strings, the last is their length. */
static int take_array(const struct layout *l, const struct btf_type *type,
		      struct array *a)
{
	uint32_t last = 1;
	int64_t bytes;

	*a = (struct array){ .elements = 1, .element = type };
	for (int i = 0; btf_is_array(a->element); i++) {
		const struct btf_array *array = btf_array(a->element);

		if (i == CHAIN_MAX ||
		    __builtin_mul_overflow(a->elements, array->nelems,
					   &a->elements))
			return -EINVAL;
		last = array->nelems;
		bytes = btf__resolve_size(l->btf, array->type);
		a->element = strip(l, array->type, &a->name);
		if (!a->element || bytes < 0)
			return -EINVAL;
		a->element_bytes = bytes;
	}
	if (is_char(l, a->element) && last) {
		a->chars = last;
		a->elements /= last;
		a->element_bytes = last;
	}
	return 0;
}

static int layout_array(struct layout *l, const char *name,
			const struct btf_type *type, uint64_t bit)
{
	char text[TYPE_BYTES], base[TYPE_BYTES - 32];
	struct kpc_field *field;
	struct array a;
	int err = take_array(l, type, &a);

	if (err)
		return err;
	type_text(l, a.element, a.name, text);
	snprintf(base, sizeof(base), "%.*s", (int)sizeof(base) - 1, text);
	snprintf(text, sizeof(text), "%s[%llu]", base,
		 (unsigned long long)(a.chars && a.elements == 1 ? a.chars :
								   a.elements));
	if (a.chars && a.elements == 1) {
		field = new_field(l, name, text, bit, a.chars);
		if (field)
			field->kind = KPC_FIELD_STRING;
		return field ? 0 : -ENOMEM;
	}
	if (a.elements > KPC_BTFLAYOUT_ELEMENTS ||
	    (!a.chars && !is_number(a.element)))
		return layout_bytes(l, name, text, bit,
				    a.elements * a.element_bytes);
	for (uint64_t i = 0; i < a.elements; i++) {
		field = new_field(l, name, text, bit + 8 * i * a.element_bytes,
				  a.element_bytes);
		if (!field)
			return -ENOMEM;
		field->elements = i ? 0 : a.elements;
		if (a.chars)
			field->kind = KPC_FIELD_STRING;
		else if (set_number(l, field, a.element, !i))
			return -ENOMEM;
	}
	return 0;
}

/* ---- structs ------------------------------------------------------------- */

static bool is_union(const struct layout *l, uint32_t id)
{
	const char *name;
	const struct btf_type *type = strip(l, id, &name);

	return type && btf_is_union(type);
}

static int layout_member(struct layout *l, const char *outer,
			 const struct btf_type *type, uint32_t i, uint64_t bit)
{
	const struct btf_member *member = btf_members(type) + i;
	const char *name = btf__name_by_offset(l->btf, member->name_off);
	struct place place = {
		.bit = bit + btf_member_bit_offset(type, i),
		.bits = btf_member_bitfield_size(type, i),
	};
	char full[NAME_BYTES];

	if (name && !*name && is_union(l, member->type))
		name = "(union)";
	if (!name || snprintf(full, sizeof(full), "%s%s%s", outer,
			      *outer && *name ? "." : "", name) >= NAME_BYTES)
		return -EINVAL;
	return layout_type(l, full, member->type, place);
}

static int layout_struct(struct layout *l, const char *name,
			 const struct btf_type *type, uint64_t bit)
{
	int err = l->depth < STRUCTS_MAX ? 0 : -EINVAL;

	l->depth++;
	/* Those without a size would be within any record. */
	for (uint32_t i = 0; !err && i < btf_vlen(type); i++)
		err = l->members++ < MEMBERS_MAX ?
			      layout_member(l, name, type, i, bit) :
			      -EINVAL;
	l->depth--;
	return err;
}

/* Within the record, and not so many that they mean nothing. */
static bool fits(const struct layout *l, uint64_t bit, uint64_t bits)
{
	return bit <= 8ull * l->event->record_bytes &&
	       bits <= 8ull * l->event->record_bytes - bit &&
	       l->event->nr_fields <
		       KPC_EVENT_FIELDS_MAX - KPC_BTFLAYOUT_ELEMENTS;
}

static int layout_type(struct layout *l, const char *name, uint32_t id,
		       struct place place)
{
	const char *type_name;
	const struct btf_type *type = strip(l, id, &type_name);
	int64_t bytes = type ? btf__resolve_size(l->btf, id) : -EINVAL;
	char text[TYPE_BYTES];

	if (!type || bytes < 0 || (!place.bits && place.bit % 8))
		return -EINVAL;
	if (!fits(l, place.bit, place.bits ? place.bits : 8ull * bytes))
		return -EINVAL;
	type_text(l, type, type_name, text);
	/* Before struct members had it, integers did. */
	if (!place.bits && btf_is_int(type) &&
	    btf_int_bits(type) != 8 * type->size) {
		place.bits = btf_int_bits(type);
		place.bit += btf_int_offset(type);
		if (!fits(l, place.bit, place.bits))
			return -EINVAL;
	}
	if (place.bits)
		return layout_bits(l, name, text, type, place);
	if (btf_is_struct(type))
		return layout_struct(l, name, type, place.bit);
	if (btf_is_array(type))
		return layout_array(l, name, type, place.bit);
	if (is_number(type)) {
		struct kpc_field *field =
			new_field(l, name, text, place.bit, bytes);

		return field ? set_number(l, field, type, true) : -ENOMEM;
	}
	return layout_bytes(l, name, text, place.bit, bytes);
}

int kpc_btflayout_fields(struct kpc_event *event, const struct btf *btf,
			 uint32_t id)
{
	struct layout l = { .event = event, .btf = btf };
	const char *name;
	const struct btf_type *type = strip(&l, id, &name);
	int64_t bytes = type ? btf__resolve_size(btf, id) : -EINVAL;
	int err;

	if (bytes < 0 || bytes > KPC_EVENT_RECORD_MAX)
		return -EINVAL;
	event->record_bytes = bytes;
	err = layout_type(&l, btf_is_struct(type) ? "" : "value", id,
			  (struct place){ 0 });
	if (!err && kpc_event_check(event))
		err = -EINVAL;
	return err;
}
