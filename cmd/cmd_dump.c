// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_dump.c - collect dump: a trace's events, one a line
 *
 * SECONDS.NANOS CPU COMM PID/TID EVENT: NAME=VALUE ...
 *
 * COMM and EVENT have no blanks (they are escaped); an unknown COMM is <...>,
 * the idle task's <idle>; an unknown CPU is -1, and an unknown PID/TID -1/-1. An
 * array is {VALUE,...}, a string that the kernel couldn't read (fault). A call
 * chain follows as stack=ADDRESS,..., a record that couldn't be split into fields
 * is payload=HEX.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "collect.h"
#include "source.h"
#include "text.h"

static const char usage[] =
	"usage: collect dump FILE\n"
	"\n"
	"Prints the events of a trace file (-: standard input), one a line:\n"
	"  SECONDS.NANOS CPU COMM PID/TID EVENT: NAME=VALUE ...\n"
	"Times are of the trace's clock (CLOCK_MONOTONIC). Arrays are {A,B,...}; a\n"
	"string that the kernel couldn't read is (fault). A record of a BPF ring buffer\n"
	"(bpf:MAP) has no CPU (-1), and thread and time only if its type has the members\n"
	"tid (u32) and time_ns (u64); else -1/-1, and when the collector first saw it.\n"
	"Exit status: 0; 1 failed; 2 usage; 4 the file is cut or damaged.\n";

static void dump_string(struct text *out, const struct kpc_value *value)
{
	if (value->fault)
		text_string(out, "(fault)");
	else
		text_quoted(out, value->blob, value->blob_bytes);
}

static void dump_value(struct text *out, const struct kpc_field *field,
		       const struct kpc_value *value)
{
	switch (field->kind) {
	case KPC_FIELD_UNSIGNED:
		text_u64(out, value->u);
		break;
	case KPC_FIELD_SIGNED:
		text_s64(out, value->u);
		break;
	case KPC_FIELD_HEX:
		text_hex(out, value->u);
		break;
	case KPC_FIELD_STRING:
		dump_string(out, value);
		break;
	case KPC_FIELD_BYTES:
		text_hex_bytes(out, value->blob, value->blob_bytes);
		break;
	}
}

static void dump_array(struct text *out, const struct kpc_field *first,
		       const struct kpc_value *values)
{
	for (uint32_t i = 0; i < first->elements; i++) {
		text_char(out, i ? ',' : '{');
		dump_value(out, &first[i], &values[i]);
	}
	text_char(out, '}');
}

static void dump_fields(struct text *out, const struct kpc_row *row)
{
	uint32_t step;

	for (uint32_t i = 0; i < row->event->nr_fields; i += step) {
		const struct kpc_field *field = &row->event->fields[i];

		step = field->elements ? field->elements : 1;
		if (field->common)
			continue;
		text_char(out, ' ');
		text_word(out, field->name);
		text_char(out, '=');
		if (field->elements)
			dump_array(out, field, &row->values[i]);
		else
			dump_value(out, field, &row->values[i]);
	}
}

static void text_id(struct text *out, uint32_t id)
{
	text_s64(out, id == KPC_TID_UNKNOWN ? -1 : (int64_t)id);
}

static void dump_row(struct text *out, const struct kpc_row *row)
{
	text_seconds(out, row->time_ns);
	text_char(out, ' ');
	text_s64(out, row->cpu);
	text_char(out, ' ');
	if (*row->comm)
		text_word(out, row->comm);
	else
		text_string(out, row->tid ? "<...>" : "<idle>");
	text_char(out, ' ');
	text_id(out, row->pid);
	text_char(out, '/');
	text_id(out, row->tid);
	text_char(out, ' ');
	text_word(out, row->event->name);
	text_char(out, ':');
	if (row->payload) {
		text_string(out, " payload=");
		text_hex_bytes(out, row->payload, row->payload_bytes);
	} else {
		dump_fields(out, row);
	}
	for (uint32_t i = 0; i < row->stack_depth; i++) {
		text_string(out, i ? "," : " stack=");
		text_hex(out, row->stack[i]);
	}
	text_char(out, '\n');
}

/* All traces of the file. 0, or a negative errno of the reader. */
static int dump_rows(struct text *out, struct kpc_reader *reader)
{
	struct kpc_row row;
	int ret = 0;

	do {
		while (!out->failed &&
		       (ret = kpc_reader_next(reader, &row)) > 0)
			dump_row(out, &row);
		if (out->failed)
			return 0;
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret;
}

static int dump(const char *path)
{
	struct kpc_reader *reader = source_open("dump", path);
	struct text *out = text_new(STDOUT_FILENO);
	int status = CMD_FAILED;

	if (!reader || !out)
		goto out;
	if (dump_rows(out, reader)) {
		text_flush(out);
		fprintf(stderr, "collect dump: %s\n", kpc_reader_error(reader));
		goto out;
	}
	text_flush(out);
	status = text_status(out);
	/* Nobody listens after EPIPE, and not all was read. */
	if (!out->failed)
		status = source_check(reader, "dump", path);
out:
	text_free(out);
	kpc_reader_close(reader);
	return status;
}

int cmd_dump(int argc, char **argv)
{
	if (argc == 2 &&
	    (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(usage, stdout);
		return CMD_OK;
	}
	if (argc != 2 || (argv[1][0] == '-' && argv[1][1])) {
		fprintf(stderr, "collect dump: %s\n%s",
			argc < 2 ? "which trace file?" :
				   "takes one file and no option",
			usage);
		return CMD_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	return dump(argv[1]);
}
