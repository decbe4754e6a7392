// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "progress.h"
#include "source.h"

struct kpc_reader *source_open(const char *verb, const char *path)
{
	struct kpc_reader *reader;
	char error[512];
	int err = kpc_reader_open_opts(&reader, path, progress_opts(), error,
				       sizeof(error));

	progress_clear();
	if (!err)
		return reader;
	fprintf(stderr, "collect %s: %s\n", verb, error);
	return NULL;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

int source_check(const struct kpc_reader *reader, const char *verb,
		 const char *path)
{
	struct kpc_reader_health health = { .size = sizeof(health) };
	const char *name = strcmp(path, "-") ? path : "standard input";
	int status = CMD_OK;

	progress_clear();
	kpc_reader_health(reader, &health);
	if (health.damaged_packets) {
		fprintf(stderr,
			"collect %s: %s: %" PRIu64
			" packet%s damaged: what was in %s is missing here\n",
			verb, name, health.damaged_packets,
			plural(health.damaged_packets),
			health.damaged_packets == 1 ? "it" : "them");
		status = CMD_DAMAGED;
	}
	if (health.missing_chunks) {
		fprintf(stderr,
			"collect %s: %s: %" PRIu64
			" chunk%s of events missing\n",
			verb, name, health.missing_chunks,
			plural(health.missing_chunks));
		status = CMD_DAMAGED;
	}
	if (health.unknown_packets) {
		fprintf(stderr,
			"collect %s: %s: %" PRIu64
			" packet%s skipped: for a newer collect\n",
			verb, name, health.unknown_packets,
			plural(health.unknown_packets));
		status = CMD_DAMAGED;
	}
	if (health.cut_traces > health.cut_end) {
		uint32_t nr = health.cut_traces - health.cut_end;

		fprintf(stderr,
			"collect %s: %s: %u trace%s early, before the next one begins: what %s had after that is missing here\n",
			verb, name, nr, nr == 1 ? " ends" : "s end",
			nr == 1 ? "it" : "they");
		status = CMD_DAMAGED;
	}
	if (health.cut_end) {
		fprintf(stderr,
			"collect %s: %s: ends early at byte %" PRIu64
			" of %" PRIu64
			": the recording was killed, or the file was cut; everything before is here\n",
			verb, name, health.cut_at, health.file_bytes);
		status = CMD_DAMAGED;
	}
	return status;
}
