// SPDX-License-Identifier: GPL-2.0-only
/* test_btflayout - types of a BPF object as fields, and their values */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "btflayout.h"
#include "desc.h"
#include "record.h"
#include "unit.h"

static struct btf *btf;
static struct kpc_event event;
static int u8, s16, u32, s32, u64, u128, ch, boolean;

static int setup(void **state)
{
	(void)state;
	btf = btf__new_empty();
	u8 = btf__add_int(btf, "unsigned char", 1, 0);
	s16 = btf__add_int(btf, "short", 2, BTF_INT_SIGNED);
	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	u128 = btf__add_int(btf, "unsigned __int128", 16, 0);
	/* clang's has no BTF_INT_CHAR */
	ch = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	return boolean < 0;
}

static int teardown(void **state)
{
	(void)state;
	kpc_event_uninit(&event);
	btf__free(btf);
	return 0;
}

static int fields_of(int type)
{
	kpc_event_uninit(&event);
	event.name = strdup("bpf:m");
	return kpc_btflayout_fields(&event, btf, type);
}

/* "NAME TYPE OFFSET:BYTES KIND [N] |BIT:BITS; …" of all. */
static const char *shown(void)
{
	static char text[4096];

	text[0] = '\0';
	for (uint32_t i = 0; i < event.nr_fields; i++) {
		const struct kpc_field *f = &event.fields[i];
		char *at = text + strlen(text);

		at += sprintf(at, "%s%s %s %u:%u %c", i ? "; " : "", f->name,
			      f->type, f->offset, f->bytes, "usxSb"[f->kind]);
		if (f->elements)
			at += sprintf(at, " [%u]", f->elements);
		if (f->bits)
			at += sprintf(at, " |%u:%u", f->bit_offset, f->bits);
	}
	return text;
}

static uint64_t value(const char *name, const void *record)
{
	const uint8_t *raw = record;
	uint64_t v = 0;

	for (uint32_t i = 0; i < event.nr_fields; i++)
		if (!strcmp(event.fields[i].name, name))
			kpc_record_gather(&event.fields[i], &raw, &v, 1);
	return v;
}

static int array_of(int type, uint32_t n)
{
	return btf__add_array(btf, u32, type, n);
}

static void integers(void **state)
{
	int alias, id;

	(void)state;
	alias = btf__add_typedef(btf, "pid_t", btf__add_const(btf, s32));
	id = btf__add_struct(btf, "event", 48);
	btf__add_field(btf, "a", u8, 0, 0);
	btf__add_field(btf, "b", s16, 16, 0);
	btf__add_field(btf, "pid", alias, 32, 0);
	btf__add_field(btf, "c", u64, 64, 0);
	btf__add_field(btf, "yes", boolean, 128, 0);
	btf__add_field(btf, "letter", ch, 136, 0);
	assert_int_equal(fields_of(id), 0);
	assert_int_equal(event.record_bytes, 48);
	assert_string_equal(shown(), "a unsigned char 0:1 u; b short 2:2 s; "
				     "pid pid_t 4:4 s; "
				     "c unsigned long long 8:8 u; "
				     "yes _Bool 16:1 u; letter char 17:1 s");
}

static void pointers(void **state)
{
	int pointer, id;

	(void)state;
	pointer = btf__add_ptr(btf, 0);
	id = btf__add_struct(btf, "event", 32);
	btf__add_field(btf, "p", pointer, 0, 0);
	btf__add_field(btf, "huge", u128, 128, 0);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "p void * 0:8 x; "
				     "huge unsigned __int128 16:16 b");
}

static void enumerations(void **state)
{
	int plus, minus, large, id;
	const struct kpc_field *f;

	(void)state;
	plus = btf__add_enum(btf, "plus", 4);
	btf__add_enum_value(btf, "NONE", 0);
	btf__add_enum_value(btf, "ONE", 1);
	minus = btf__add_enum(btf, "minus", 4);
	btf__add_enum_value(btf, "BAD", -2);
	large = btf__add_enum64(btf, "large", 8, false);
	btf__add_enum64_value(btf, "TOP", 1ull << 63);
	id = btf__add_struct(btf, "event", 16);
	btf__add_field(btf, "a", plus, 0, 0);
	btf__add_field(btf, "b", minus, 32, 0);
	btf__add_field(btf, "c", large, 64, 0);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "a enum plus 0:4 u; b enum minus 4:4 s; "
				     "c enum large 8:8 u");
	f = event.fields;
	assert_int_equal(f[0].nr_symbols, 2);
	assert_string_equal(f[0].symbols[1].name, "ONE");
	assert_true(f[0].symbols[1].value == 1);
	/* As its column has it: with the sign in all 64 bits. */
	assert_true(f[1].symbols[0].value == (uint64_t)-2);
	assert_true(f[2].symbols[0].value == 1ull << 63);
}

static void arrays(void **state)
{
	int text, texts, numbers, square, many, none, letters, id;

	(void)state;
	text = array_of(ch, 16);
	texts = array_of(array_of(ch, 4), 2);
	numbers = array_of(s16, 3);
	square = array_of(array_of(u8, 2), 2);
	many = array_of(u8, KPC_BTFLAYOUT_ELEMENTS + 1);
	letters = array_of(u8, 4);
	none = array_of(u32, 0);
	id = btf__add_struct(btf, "event", 112);
	btf__add_field(btf, "text", text, 0, 0);
	btf__add_field(btf, "texts", texts, 128, 0);
	btf__add_field(btf, "numbers", numbers, 192, 0);
	btf__add_field(btf, "square", square, 240, 0);
	btf__add_field(btf, "letters", letters, 272, 0);
	btf__add_field(btf, "many", many, 304, 0);
	btf__add_field(btf, "none", none, 896, 0);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(
		shown(), "text char[16] 0:16 S; texts char[2] 16:4 S [2]; "
			 "texts char[2] 20:4 S; numbers short[3] 24:2 s [3]; "
			 "numbers short[3] 26:2 s; numbers short[3] 28:2 s; "
			 "square unsigned char[4] 30:1 u [4]; "
			 "square unsigned char[4] 31:1 u; "
			 "square unsigned char[4] 32:1 u; "
			 "square unsigned char[4] 33:1 u; "
			 "letters unsigned char[4] 34:1 u [4]; "
			 "letters unsigned char[4] 35:1 u; "
			 "letters unsigned char[4] 36:1 u; "
			 "letters unsigned char[4] 37:1 u; "
			 "many unsigned char[65] 38:65 b");
}

/* Names are as the declaration says, kinds as the type is. */
static void typedefs(void **state)
{
	int letter, byte, colour, id;
	const struct kpc_field *f;

	(void)state;
	letter = btf__add_typedef(btf, "letter_t", ch);
	byte = btf__add_typedef(btf, "char", u8);
	colour = btf__add_enum(btf, "colour", 4);
	btf__add_enum_value(btf, "RED", 1);
	letter = array_of(letter, 4);
	byte = array_of(byte, 2);
	colour = array_of(colour, 2);
	id = btf__add_struct(btf, "event", 16);
	btf__add_field(btf, "text", letter, 0, 0);
	btf__add_field(btf, "bytes", byte, 32, 0);
	btf__add_field(btf, "colours", colour, 64, 0);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "text letter_t[4] 0:4 S; "
				     "bytes char[2] 4:1 u [2]; "
				     "bytes char[2] 5:1 u; "
				     "colours enum colour[2] 8:4 u [2]; "
				     "colours enum colour[2] 12:4 u");
	f = event.fields;
	assert_int_equal(f[3].nr_symbols, 1);
	assert_int_equal(f[4].nr_symbols, 0);
}

static void nameless_unions(void **state)
{
	int both, inner, id;

	(void)state;
	both = btf__add_union(btf, NULL, 4);
	btf__add_field(btf, "word", u32, 0, 0);
	btf__add_field(btf, "byte", u8, 0, 0);
	inner = btf__add_struct(btf, "inner", 4);
	btf__add_field(btf, "", both, 0, 0);
	id = btf__add_struct(btf, "event", 8);
	btf__add_field(btf, "", both, 0, 0);
	btf__add_field(btf, "in", inner, 32, 0);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "(union) union 0:4 b; "
				     "in.(union) union 4:4 b");
}

static void structs(void **state)
{
	int inner, nameless, both, pairs, number, id;

	(void)state;
	inner = btf__add_struct(btf, "inner", 8);
	btf__add_field(btf, "x", u32, 0, 0);
	btf__add_field(btf, "y", s32, 32, 0);
	nameless = btf__add_struct(btf, NULL, 4);
	btf__add_field(btf, "z", u32, 0, 0);
	both = btf__add_union(btf, "both", 4);
	btf__add_field(btf, "word", u32, 0, 0);
	btf__add_field(btf, "byte", u8, 0, 0);
	pairs = array_of(inner, 2);
	number = btf__add_float(btf, "double", 8);
	id = btf__add_struct(btf, "event", 48);
	btf__add_field(btf, "in", inner, 0, 0);
	btf__add_field(btf, "", nameless, 64, 0);
	btf__add_field(btf, "either", both, 96, 0);
	btf__add_field(btf, "pairs", pairs, 128, 0);
	btf__add_field(btf, "number", number, 256, 0);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(),
			    "in.x unsigned int 0:4 u; in.y int 4:4 s; "
			    "z unsigned int 8:4 u; either union both 12:4 b; "
			    "pairs struct inner[2] 16:16 b; "
			    "number double 32:8 b");
}

static void bit_fields(void **state)
{
	uint8_t record[12] = { 0 };
	uint64_t bits = 5 | 0x1dull << 3 | 0xabcdef1234ull << 8;
	int id;

	(void)state;
	id = btf__add_struct(btf, "event", 12);
	btf__add_field(btf, "three", u32, 0, 3);
	btf__add_field(btf, "minus", s32, 3, 5);
	btf__add_field(btf, "wide", u64, 8, 40);
	btf__add_field(btf, "last", u8, 95, 1);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "three unsigned int 0:1 u |0:3; "
				     "minus int 0:1 s |3:5; "
				     "wide unsigned long long 1:8 u |0:40; "
				     "last unsigned char 11:1 u |7:1");
	memcpy(record, &bits, sizeof(bits));
	record[6] = 0xff; /* of somebody else */
	record[11] = 0x80;
	assert_true(value("three", record) == 5);
	assert_true((int64_t)value("minus", record) == -3);
	assert_true(value("wide", record) == 0xabcdef1234ull);
	assert_true(value("last", record) == 1);
	assert_int_equal(kpc_event_check(&event), 0);
	event.fields[0].bit_offset = 6;
	assert_int_equal(kpc_event_check(&event), -EINVAL);
}

/* At the record's end no integer reaches beyond; across nine bytes none does. */
static void odd_bit_fields(void **state)
{
	uint8_t record[9] = { 0, 0, 0, 0, 0xf0, 0xff, 0x0f, 0, 0 };
	int id;

	(void)state;
	id = btf__add_struct(btf, "event", 7);
	btf__add_field(btf, "at_end", u32, 36, 16);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "at_end unsigned int 3:4 u |12:16");
	assert_true(value("at_end", record) == 0xffff);
	id = btf__add_struct(btf, "event", 9);
	btf__add_field(btf, "nine", u64, 4, 64);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "nine unsigned long long 0:9 b");
	id = btf__add_struct(btf, "event", 5);
	btf__add_field(btf, "five", u64, 0, 36);
	assert_int_equal(fields_of(id), 0);
	assert_string_equal(shown(), "five unsigned long long 0:5 b");
}

static void other_types(void **state)
{
	(void)state;
	assert_int_equal(fields_of(u64), 0);
	assert_string_equal(shown(), "value unsigned long long 0:8 u");
	assert_int_equal(fields_of(array_of(ch, 8)), 0);
	assert_string_equal(shown(), "value char[8] 0:8 S");
}

/* What can't be: from a file that was damaged, or made to do harm. */
static void nonsense(void **state)
{
	int id;

	(void)state;
	assert_int_equal(fields_of(9999), -EINVAL);
	id = btf__add_struct(btf, "beyond", 4);
	btf__add_field(btf, "a", u64, 0, 0);
	assert_int_equal(fields_of(id), -EINVAL);
	id = btf__add_struct(btf, "behind", 4);
	btf__add_field(btf, "a", u32, 8, 0);
	assert_int_equal(fields_of(id), -EINVAL);
	id = btf__add_struct(btf, "unaligned", 8);
	btf__add_field(btf, "a", u32, 0, 0);
	/* which libbpf doesn't let one write */
	btf_members(btf__type_by_id(btf, id))->offset = 3;
	assert_int_equal(fields_of(id), -EINVAL);
	id = btf__add_struct(btf, "missing", 8);
	btf__add_field(btf, "a", 9999, 0, 0);
	assert_int_equal(fields_of(id), -EINVAL);
	id = btf__add_struct(btf, "large", KPC_EVENT_RECORD_MAX + 1);
	assert_int_equal(fields_of(id), -EINVAL);
	assert_int_equal(
		fields_of(array_of(array_of(u64, UINT32_MAX), UINT32_MAX)),
		-EINVAL);
	/* Deeper than anybody writes it. */
	id = u32;
	for (int i = 0; i < 40; i++) {
		int within = id;

		id = btf__add_struct(btf, "deep", 4);
		btf__add_field(btf, "in", within, 0, 0);
	}
	assert_int_equal(fields_of(id), -EINVAL);
	/* None has a size, and there are more than anybody waits for. */
	id = btf__add_struct(btf, "none", 0);
	for (int i = 0; i < 12; i++) {
		int within = id;

		id = btf__add_struct(btf, "wide", 0);
		for (int j = 0; j < 16; j++)
			btf__add_field(btf, "in", within, 0, 0);
	}
	assert_int_equal(fields_of(id), -EINVAL);
	/* Nothing in it. */
	id = btf__add_struct(btf, "none", 0);
	assert_int_equal(fields_of(id), 0);
	assert_int_equal(event.nr_fields, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),
		cmocka_unit_test(pointers),
		cmocka_unit_test(enumerations),
		cmocka_unit_test(arrays),
		cmocka_unit_test(structs),
		cmocka_unit_test(bit_fields),
		cmocka_unit_test(odd_bit_fields),
		cmocka_unit_test(other_types),
		cmocka_unit_test(typedefs),
		cmocka_unit_test(nameless_unions),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
