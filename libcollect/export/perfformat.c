// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "perfformat.h"

#define LINE_BYTES 1024u

/* Fields that follow each other and are one array in the kernel's eyes. */
struct run {
	uint32_t first;
	uint32_t nr;	   /* 1: it is no array */
	size_t name_bytes; /* without the first element's number */
};

__attribute__((format(printf, 2, 3))) static void put(struct kpc_buf *text,
						      const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	kpc_buf_add(text, line, n < LINE_BYTES ? n : LINE_BYTES - 1);
}

char *kpc_perfformat_word(const char *text, size_t bytes)
{
	char *word = malloc(bytes + 1);

	for (size_t i = 0; word && i < bytes; i++)
		word[i] = isalnum((unsigned char)text[i]) ? text[i] : '_';
	if (word)
		word[bytes] = '\0';
	return word;
}

/* The same in a line's room, of a name or (with more characters) a type. */
static const char *clean(char *out, const char *text, size_t bytes,
			 const char *also)
{
	size_t n = 0;

	for (; n < bytes && text[n] && n < LINE_BYTES / 4; n++)
		out[n] = isalnum((unsigned char)text[n]) ||
					 strchr(also, text[n]) ?
				 text[n] :
				 '_';
	out[n] = '\0';
	return out;
}

/* ---- fields -------------------------------------------------------------- */

/* The number between the brackets that a type ends with, or 0. */
static uint32_t type_elements(const char *type)
{
	const char *open = strrchr(type, '[');

	return open ? strtoul(open + 1, NULL, 10) : 0;
}

/* Is field @i element @number of the array that begins with @first? */
static bool is_element(const struct kpc_perfevent *perf, uint32_t first,
		       uint32_t number, size_t name_bytes)
{
	const struct kpc_event *event = perf->event;
	const struct kpc_field *a = &event->fields[first];
	const struct kpc_field *b = a + number;
	char digits[16];

	if (first + number >= event->nr_fields || strcmp(a->type, b->type) ||
	    b->bytes != a->bytes || b->kind != a->kind ||
	    perf->at[first + number] != perf->at[first] + number * a->bytes)
		return false;
	if (a->elements)
		return !strcmp(a->name, b->name);
	snprintf(digits, sizeof(digits), "%u", number);
	return !strncmp(a->name, b->name, name_bytes) &&
	       !strcmp(b->name + name_bytes, digits);
}

/* An array of numbers is a field for each element in a trace. */
static struct run find_run(const struct kpc_perfevent *perf, uint32_t first)
{
	const struct kpc_field *field = &perf->event->fields[first];
	uint32_t nr = field->elements ? field->elements :
					type_elements(field->type);
	struct run run = { first, 1, strlen(field->name) };
	size_t name_bytes = run.name_bytes;

	if (nr < 2 || kpc_field_is_blob(field) || field->bits)
		return run;
	if (!field->elements) {
		if (!name_bytes || field->name[name_bytes - 1] != '0')
			return run;
		name_bytes--;
	}
	for (uint32_t i = 0; i < nr; i++)
		if (!is_element(perf, first, i, name_bytes))
			return run;
	return (struct run){ first, nr, name_bytes };
}

static bool is_signed(const struct kpc_field *field)
{
	if (kpc_field_is_blob(field))
		return false;
	return field->kind == KPC_FIELD_SIGNED;
}

/* What a field is declared as: TYPE NAME, or TYPE NAME[N]. */
static void put_declaration(struct kpc_buf *text, const struct kpc_field *field,
			    const struct run *run)
{
	char name[LINE_BYTES], type[LINE_BYTES];
	const char *open = strchr(field->type, '[');
	size_t bytes = open ? (size_t)(open - field->type) :
			      strlen(field->type);

	clean(name, field->name, run->name_bytes, "");
	if (field->dynamic) {
		bool loc = !strncmp(field->type, "__data_loc ", 11) ||
			   !strncmp(field->type, "__rel_loc ", 10);

		clean(type, field->type, strlen(field->type), " *[]");
		put(text, "\tfield:%s%s %s;",
		    loc		    ? "" :
		    field->relative ? "__rel_loc " :
				      "__data_loc ",
		    loc				    ? type :
		    field->kind == KPC_FIELD_STRING ? "char[]" :
						      "u8[]",
		    name);
		return;
	}
	clean(type, field->type, bytes, " *");
	if (run->nr > 1)
		put(text, "\tfield:%s %s[%u];", type, name, run->nr);
	else if (open || (kpc_field_is_blob(field) && field->bytes > 8))
		put(text, "\tfield:%s %s[%u];", open ? type : "u8", name,
		    type_elements(field->type) ? type_elements(field->type) :
						 field->bytes);
	else
		put(text, "\tfield:%s %s;", type, name);
}

static uint32_t put_field(struct kpc_buf *text,
			  const struct kpc_perfevent *perf, uint32_t i)
{
	const struct kpc_field *field = &perf->event->fields[i];
	struct run run = find_run(perf, i);

	if (!field->bytes) /* where it is can't be told */
		return 1;
	put_declaration(text, field, &run);
	put(text, "\toffset:%u;\tsize:%u;\tsigned:%d;\n", perf->at[i],
	    run.nr * field->bytes, is_signed(field));
	return run.nr;
}

/* ---- print format -------------------------------------------------------- */

/* How a field of its own is printed, and the argument that this takes. */
static void put_conversion(struct kpc_buf *text, const struct kpc_field *field)
{
	bool is_long = field->bytes == 8;

	switch (field->kind) {
	case KPC_FIELD_SIGNED:
		put(text, is_long ? "%%Ld" : "%%d");
		break;
	case KPC_FIELD_UNSIGNED:
		put(text, is_long ? "%%Lu" : "%%u");
		break;
	case KPC_FIELD_HEX:
		put(text, is_long ? "0x%%Lx" : "0x%%x");
		break;
	default:
		put(text, "%%s");
	}
}

static void put_argument(struct kpc_buf *text, const struct kpc_field *field,
			 const struct run *run, uint32_t element)
{
	char name[LINE_BYTES];

	clean(name, field->name, run->name_bytes, "");
	if (run->nr > 1)
		put(text, ", REC->%s[%u]", name, element);
	else if (field->kind == KPC_FIELD_BYTES && field->dynamic)
		put(text,
		    ", __print_hex(__get_dynamic_array(%s), "
		    "__get_dynamic_array_len(%s))",
		    name, name);
	else if (field->kind == KPC_FIELD_BYTES)
		put(text, ", __print_hex(REC->%s, %u)", name, field->bytes);
	else if (field->dynamic)
		put(text, ", %s(%s)",
		    field->relative ? "__get_rel_str" : "__get_str", name);
	else
		put(text, ", REC->%s", name);
}

/* Of an event that has none: all its fields, as NAME=VALUE. */
static void put_print_fmt(struct kpc_buf *text,
			  const struct kpc_perfevent *perf)
{
	const struct kpc_event *event = perf->event;
	struct kpc_buf arguments = { 0 };
	char name[LINE_BYTES];
	const char *blank = "";

	put(text, "print fmt: \"");
	for (uint32_t i = 0; i < event->nr_fields;) {
		const struct kpc_field *field = &event->fields[i];
		struct run run = find_run(perf, i);

		i += run.nr;
		if (field->common || !field->bytes)
			continue;
		clean(name, field->name, run.name_bytes, "");
		put(text, run.nr > 1 ? "%s%s={" : "%s%s=", blank, name);
		for (uint32_t e = 0; e < run.nr; e++) {
			put(text, e ? "," : "");
			put_conversion(text, field);
			put_argument(&arguments, field, &run, e);
		}
		put(text, run.nr > 1 ? "}" : "");
		blank = " ";
	}
	put(text, "\"");
	kpc_buf_add(text, arguments.data, arguments.used);
	if (arguments.error)
		text->error = arguments.error;
	kpc_buf_uninit(&arguments);
	put(text, "\n");
}

/* ---- all ----------------------------------------------------------------- */

static const char common[] =
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n";

static bool is_common(const struct kpc_field *field)
{
	return field->common && !strncmp(field->name, "common_", 7);
}

void kpc_perfformat_add(struct kpc_buf *text, const struct kpc_perfevent *perf,
			const char *name)
{
	const struct kpc_event *event = perf->event;

	put(text, "name: %s\nID: %u\nformat:\n", name,
	    (unsigned int)perf->attr.config);
	if (!perf->common)
		put(text, "%s", common);
	for (int is_first = 1; is_first >= 0; is_first--) {
		for (uint32_t i = 0; i < event->nr_fields;)
			if (is_common(&event->fields[i]) == is_first)
				i += put_field(text, perf, i);
			else
				i++;
		put(text, "\n");
	}
	if (event->print_fmt && !strchr(event->print_fmt, '\n')) {
		put(text, "print fmt: ");
		kpc_buf_add(text, event->print_fmt, strlen(event->print_fmt));
		put(text, "\n");
	} else {
		put_print_fmt(text, perf);
	}
}
