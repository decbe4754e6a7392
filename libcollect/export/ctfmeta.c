// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ctfmeta.h"
#include "intern.h"

#define NS_PER_S	UINT64_C(1000000000)
#define ENUMERATORS_MAX 4096u

static void text(struct kpc_outfile *out, const char *text)
{
	kpc_outfile_text(out, text);
}

/* A string of TSDL, which is as one of C. */
static void quoted(struct kpc_outfile *out, const char *string)
{
	kpc_outfile_char(out, '"');
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			kpc_outfile_char(out, '\\');
		kpc_outfile_char(
			out, iscntrl((unsigned char)*string) ? '?' : *string);
	}
	kpc_outfile_char(out, '"');
}

/* ---- the trace ----------------------------------------------------------- */

static void uuid(struct kpc_outfile *out, const uint8_t bytes[16])
{
	kpc_outfile_char(out, '"');
	for (int i = 0; i < 16; i++) {
		kpc_outfile_hex_bytes(out, &bytes[i], 1);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			kpc_outfile_char(out, '-');
	}
	text(out, "\";\n");
}

static void env_text(struct kpc_outfile *out, const char *name,
		     const char *value)
{
	if (!*value)
		return;
	text(out, "\t");
	text(out, name);
	text(out, " = ");
	quoted(out, value);
	text(out, ";\n");
}

static void env_date(struct kpc_outfile *out, const struct kpc_trace_info *info)
{
	time_t seconds = (info->start_ns + (uint64_t)info->realtime_offset_ns) /
			 NS_PER_S;
	struct tm utc;
	char date[64];

	if (!info->has_realtime || !gmtime_r(&seconds, &utc) ||
	    !strftime(date, sizeof(date), "%Y%m%dT%H%M%S+0000", &utc))
		return;
	env_text(out, "trace_creation_datetime", date);
}

/* Tools know a trace of the kernel by its domain. */
static void env(struct kpc_outfile *out, const struct kpc_trace_info *info)
{
	unsigned int major = 0, minor = 0, patch = 0;

	sscanf(kpc_version(), "%u.%u.%u", &major, &minor, &patch);
	text(out, "env {\n");
	env_text(out, "hostname", info->hostname);
	env_text(out, "domain", "kernel");
	env_text(out, "sysname", "Linux");
	env_text(out, "kernel_release", info->kernel_release);
	env_text(out, "kernel_version", info->kernel_version);
	env_text(out, "architecture", info->machine);
	env_text(out, "tracer_name", "collect");
	text(out, "\ttracer_major = ");
	kpc_outfile_u64(out, major);
	text(out, ";\n\ttracer_minor = ");
	kpc_outfile_u64(out, minor);
	text(out, ";\n\ttracer_patchlevel = ");
	kpc_outfile_u64(out, patch);
	text(out, ";\n");
	env_date(out, info);
	text(out, "};\n\n");
}

/* Where the machine's realtime clock is known, times of several are comparable. */
static void clock_block(struct kpc_outfile *out,
			const struct kpc_trace_info *info)
{
	static const uint8_t unknown[16];
	const uint8_t *boot = info->host->boot_id;
	int64_t offset = info->has_realtime ? info->realtime_offset_ns : 0;
	int64_t seconds = offset / (int64_t)NS_PER_S;

	if (offset % (int64_t)NS_PER_S < 0)
		seconds--;
	text(out, "clock {\n\tname = trace_clock;\n\tuuid = ");
	uuid(out, memcmp(boot, unknown, sizeof(unknown)) ? boot : info->uuid);
	text(out, "\tdescription = \"");
	text(out, info->clock_id == CLOCK_MONOTONIC_RAW ?
			  "CLOCK_MONOTONIC_RAW" :
		  info->clock_id == CLOCK_MONOTONIC ? "CLOCK_MONOTONIC" :
						      "the trace's clock");
	text(out, "\";\n\tfreq = 1000000000;\n\toffset_s = ");
	kpc_outfile_s64(out, seconds);
	text(out, ";\n\toffset = ");
	kpc_outfile_s64(out, offset - seconds * (int64_t)NS_PER_S);
	text(out, ";\n\tabsolute = ");
	text(out, info->has_realtime ? "TRUE" : "FALSE");
	text(out, ";\n};\n\n");
}

static const char types[] =
	"typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
	"typealias integer { size = 32; align = 8; signed = true; } := s32;\n"
	"typealias integer { size = 8; align = 8; signed = false; base = 16; } := x8;\n"
	"typealias integer { size = 64; align = 8; signed = false; base = 16; } := x64;\n"
	"typealias integer { size = 64; align = 8; signed = false; map = clock.trace_clock.value; } := clock_ns;\n"
	"\n";

static const char packet_header[] = "\tpacket.header := struct {\n"
				    "\t\tu32 magic;\n"
				    "\t\tu8 uuid[16];\n"
				    "\t\tu32 stream_id;\n"
				    "\t\tu64 stream_instance_id;\n"
				    "\t};\n"
				    "};\n\n";

static const char packet_context[] = "\tpacket.context := struct {\n"
				     "\t\tclock_ns timestamp_begin;\n"
				     "\t\tclock_ns timestamp_end;\n"
				     "\t\tu64 content_size;\n"
				     "\t\tu64 packet_size;\n"
				     "\t\tu64 packet_seq_num;\n"
				     "\t\tu64 events_discarded;\n";

static const char event_header[] = "\t};\n"
				   "\tevent.header := struct {\n"
				   "\t\tu16 id;\n"
				   "\t\tclock_ns timestamp;\n"
				   "\t};\n"
				   "\tevent.context := struct {\n"
				   "\t\ts32 _tid;\n"
				   "\t\ts32 _pid;\n"
				   "\t\tstring _procname;\n"
				   "\t};\n"
				   "};\n\n";

static void stream_block(struct kpc_outfile *out,
			 enum kpc_ctf_stream_class stream)
{
	text(out, "stream {\n\tid = ");
	kpc_outfile_u64(out, stream);
	text(out, ";\n");
	text(out, packet_context);
	if (stream == KPC_CTF_STREAM_CPU)
		text(out, "\t\tu32 cpu_id;\n");
	text(out, event_header);
}

void kpc_ctf_meta_trace(struct kpc_outfile *out,
			const struct kpc_trace_info *info)
{
	text(out, "/* CTF 1.8 */\n\n");
	text(out, types);
	text(out, "trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = ");
	uuid(out, info->uuid);
	text(out, "\tbyte_order = le;\n");
	text(out, packet_header);
	env(out, info);
	clock_block(out, info);
	for (int i = 0; i < KPC_CTF_NR_STREAM_CLASSES; i++)
		stream_block(out, i);
}

/* ---- names --------------------------------------------------------------- */

/* Those of a struct: no two are the same. */
struct names {
	struct kpc_intern taken;
	char **all;
	uint32_t nr;
};

static void names_uninit(struct names *names)
{
	for (uint32_t i = 0; i < names->nr; i++)
		free(names->all[i]);
	free(names->all);
	kpc_intern_uninit(&names->taken);
}

/* True if it isn't taken, and is now. */
static bool take(struct names *names, char *name)
{
	struct kpc_span span = { (const uint8_t *)name, strlen(name) };

	return kpc_intern_add(&names->taken, span) == names->nr;
}

/* An identifier for @name, which stays until uninit; NULL without memory. */
static const char *name_for(struct names *names, const char *name,
			    const char *suffix)
{
	char *made = NULL;
	int tries = 1;

	do {
		free(made);
		if ((tries == 1 ? asprintf(&made, "_%s%s", name, suffix) :
				  asprintf(&made, "_%s_%d%s", name, tries,
					   suffix)) < 0)
			return NULL;
		for (char *p = made; *p; p++)
			if (!isalnum((unsigned char)*p) || (*p & 0x80))
				*p = '_';
		tries++;
	} while (!take(names, made) && tries < INT32_MAX);
	names->all[names->nr++] = made;
	return made;
}

/* ---- fields -------------------------------------------------------------- */

static void integer(struct kpc_outfile *out, const struct kpc_field *field,
		    unsigned int bytes)
{
	text(out, "integer { size = ");
	kpc_outfile_u64(out, bytes * 8);
	text(out, "; align = 8; signed = ");
	text(out, field->kind == KPC_FIELD_SIGNED ? "true" : "false");
	if (field->kind == KPC_FIELD_HEX)
		text(out, "; base = 16");
	text(out, "; }");
}

static void enumerator(struct kpc_outfile *out, const struct kpc_field *field,
		       const struct kpc_symbol *symbol, bool first)
{
	text(out, first ? "\n\t\t\t" : ",\n\t\t\t");
	quoted(out, symbol->name);
	text(out, " = ");
	if (field->kind == KPC_FIELD_SIGNED)
		kpc_outfile_s64(out, symbol->value);
	else
		kpc_outfile_u64(out, symbol->value);
}

/* Readers want each label once; a value without one is a number. 0 or -ENOMEM. */
static int enumeration(struct kpc_outfile *out, const struct kpc_field *field,
		       unsigned int bytes)
{
	struct kpc_intern labels = { 0 };
	uint32_t nr = 0;
	int64_t number = 0;

	text(out, "enum : ");
	integer(out, field, bytes);
	text(out, " {");
	for (uint32_t i = 0; i < field->nr_symbols && nr < ENUMERATORS_MAX;
	     i++) {
		const struct kpc_symbol *symbol = &field->symbols[i];
		struct kpc_span span = { (const uint8_t *)symbol->name,
					 strlen(symbol->name) };

		if (!kpc_ctf_fits(field, bytes, symbol->value))
			continue;
		number = kpc_intern_add(&labels, span);
		if (number < 0)
			break;
		if (number < nr)
			continue;
		enumerator(out, field, symbol, !nr);
		nr++;
	}
	text(out, "\n\t\t}");
	kpc_intern_uninit(&labels);
	return number < 0 ? number : 0;
}

/* The type of one value of a field of symbols, if it has any that it can have. */
static bool has_labels(const struct kpc_field *field, unsigned int bytes)
{
	for (uint32_t i = 0; i < field->nr_symbols; i++)
		if (kpc_ctf_fits(field, bytes, field->symbols[i].value))
			return kpc_ctf_is_number(field);
	return false;
}

static int put_type(struct kpc_outfile *out, const struct kpc_field *field,
		    unsigned int bytes)
{
	if (has_labels(field, bytes))
		return enumeration(out, field, bytes);
	if (kpc_ctf_is_number(field))
		integer(out, field, bytes);
	else
		text(out, "string");
	return 0;
}

static int sequence(struct kpc_outfile *out, struct names *names,
		    const char *name, const char *type)
{
	const char *length = name_for(names, name, "_length");
	const char *own = length ? name_for(names, name, "") : NULL;

	if (!own)
		return -ENOMEM;
	text(out, "\t\tu32 ");
	text(out, length);
	text(out, ";\n\t\t");
	text(out, type);
	text(out, " ");
	text(out, own);
	text(out, "[");
	text(out, length);
	text(out, "];\n");
	return 0;
}

static int put_item(struct kpc_outfile *out, struct names *names,
		    const struct kpc_event *event,
		    const struct kpc_ctf_item *item)
{
	const struct kpc_field *field = &event->fields[item->field];
	const char *name;
	int err;

	if (field->kind == KPC_FIELD_BYTES)
		return sequence(out, names, field->name, "x8");
	name = name_for(names, field->name, "");
	if (!name)
		return -ENOMEM;
	text(out, "\t\t");
	err = put_type(out, field, item->bytes);
	text(out, " ");
	text(out, name);
	if (item->elements) {
		text(out, "[");
		kpc_outfile_u64(out, item->elements);
		text(out, "]");
	}
	text(out, ";\n");
	return err;
}

/* ---- events -------------------------------------------------------------- */

static void event_begin(struct kpc_outfile *out, const char *name, uint32_t id,
			enum kpc_ctf_stream_class stream)
{
	text(out, "event {\n\tname = ");
	quoted(out, name);
	text(out, ";\n\tid = ");
	kpc_outfile_u64(out, id);
	text(out, ";\n\tstream_id = ");
	kpc_outfile_u64(out, stream);
	text(out, ";\n");
}

static int put_other(struct kpc_outfile *out, struct names *names,
		     const char *type, const char *wanted)
{
	const char *name = name_for(names, wanted, "");

	if (!name)
		return -ENOMEM;
	text(out, "\t\t");
	text(out, type);
	text(out, " ");
	text(out, name);
	text(out, ";\n");
	return 0;
}

/* babeltrace2 2.0 ends at a sequence in an event's context: it is in the fields. */
static int put_others(struct kpc_outfile *out, struct names *names,
		      const struct kpc_ctf_class *class)
{
	int err = 0;

	if (class->has_hits)
		err = put_other(out, names, "u64", "hits");
	if (!err && class->event->cgroup)
		err = put_other(out, names, "string", "cgroup");
	if (err)
		return err;
	return class->event->callchain ?
		       sequence(out, names, "callchain", "x64") :
		       0;
}

int kpc_ctf_meta_event(struct kpc_outfile *out,
		       const struct kpc_ctf_class *class,
		       enum kpc_ctf_stream_class stream)
{
	struct names names = { 0 };
	int err = 0;

	/* Bytes have their length's name, too. */
	names.all = calloc(class->nr_items * 2ull + 4, sizeof(*names.all));
	if (!names.all)
		return -ENOMEM;
	event_begin(out, class->event->name, class->id, stream);
	text(out, "\tfields := struct {\n");
	for (uint32_t i = 0; i < class->nr_items && !err; i++)
		err = put_item(out, &names, class->event, &class->items[i]);
	if (!err)
		err = put_others(out, &names, class);
	text(out, "\t};\n};\n\n");
	names_uninit(&names);
	return err;
}

void kpc_ctf_meta_unsplit(struct kpc_outfile *out,
			  enum kpc_ctf_stream_class stream)
{
	event_begin(out, "unsplit", KPC_CTF_UNSPLIT, stream);
	text(out, "\tfields := struct {\n"
		  "\t\tstring _event;\n"
		  "\t\tu32 __payload_length;\n"
		  "\t\tx8 _payload[__payload_length];\n"
		  "\t};\n};\n\n");
}
