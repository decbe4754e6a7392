// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "copy.h"
#include "fail.h"
#include "head.h"
#include "index.h"
#include "packer.h"
#include "writer.h"

struct copy {
	struct kpc_sink *sink;
	struct kpc_survey *survey;
	const struct kpc_trace *trace;
	const Kprobex__Merged *merged;
	uint64_t from; /* of the survey's places */
	uint64_t to;
	struct kpc_packer packer;
	struct kpc_index index;
	uint64_t start; /* of the trace in the sink */
	uint64_t events;
	bool has_header; /* one that isn't a repetition was written */
	bool has_repeat;
};

static uint64_t offset_of(const struct copy *copy)
{
	return kpc_sink_bytes(copy->sink) - copy->start;
}

static int write_packed(struct copy *copy)
{
	return kpc_sink_write(copy->sink, copy->packer.packet.data,
			      copy->packer.packet.used);
}

static int write_index(struct copy *copy)
{
	uint64_t offset = offset_of(copy);
	int err = kpc_index_pack(&copy->index, &copy->packer);

	if (!err)
		err = write_packed(copy);
	if (!err)
		kpc_index_written(&copy->index, offset);
	return err;
}

/* The packet as it is, or its Header changed. Unknown members are kept. */
static int write_header(struct copy *copy, Kprobex__Head *head, bool repeat)
{
	bool was = head->header->repeat;
	Kprobex__Merged *merged = head->header->merged;
	int err;

	if (was == repeat && !copy->merged)
		return kpc_sink_write(copy->sink, copy->survey->packet.data,
				      copy->survey->packet.used);
	head->header->repeat = repeat;
	if (copy->merged)
		head->header->merged = (Kprobex__Merged *)copy->merged;
	err = kpc_packer_head(&copy->packer, head);
	/* Each is freed where it was made. */
	head->header->repeat = was;
	head->header->merged = merged;
	return err ? err : write_packed(copy);
}

static int write_chunk(struct copy *copy, const Kprobex__Head *head)
{
	uint64_t offset = offset_of(copy);
	int err = kpc_sink_write(copy->sink, copy->survey->packet.data,
				 copy->survey->packet.used);

	if (!err)
		err = kpc_index_add(&copy->index, head->chunk, offset,
				    copy->survey->packet.used);
	copy->events += head->chunk->events;
	if (!err && kpc_index_is_due(&copy->index))
		err = write_index(copy);
	return err;
}

static int write_place(struct copy *copy, const struct kpc_place *place)
{
	struct kpc_packet packet;
	Kprobex__Head *head;
	int err = kpc_survey_packet(copy->survey, place, &packet);

	if (err)
		return err;
	head = kpc_head_unpack(packet.head);
	if (!head)
		return -ENOMEM;
	switch (head->kind_case) {
	case KPROBEX__HEAD__KIND_HEADER:
		err = write_header(copy, head, head->header->repeat);
		copy->has_repeat |= head->header->repeat;
		copy->has_header |= !head->header->repeat;
		break;
	case KPROBEX__HEAD__KIND_CHUNK:
		err = write_chunk(copy, head);
		break;
	default:
		err = kpc_sink_write(copy->sink, copy->survey->packet.data,
				     copy->survey->packet.used);
	}
	kpc_head_free(head);
	return err;
}

static bool is_of(const struct copy *copy, const struct kpc_place *place,
		  uint32_t kind)
{
	return place->trace == copy->trace && place->kind == kind;
}

/* The first Header there is, as one that begins a trace or repeats it. */
static int write_first_header(struct copy *copy, bool repeat)
{
	for (uint64_t i = copy->from; i < copy->to; i++) {
		const struct kpc_place *place = &copy->survey->places[i];
		struct kpc_packet packet;
		Kprobex__Head *head;
		int err;

		if (!is_of(copy, place, KPROBEX__HEAD__KIND_HEADER))
			continue;
		err = kpc_survey_packet(copy->survey, place, &packet);
		if (err)
			return err;
		head = kpc_head_unpack(packet.head);
		if (!head)
			return -ENOMEM;
		err = write_header(copy, head, repeat);
		kpc_head_free(head);
		return err;
	}
	return 0;
}

/* A trace that begins without its Header begins with the repetition. */
static int begin(struct copy *copy)
{
	const struct kpc_place *places = copy->survey->places;
	struct kpc_packet packet;
	Kprobex__Head *head;
	bool repeats;
	uint64_t i = copy->from;
	int err;

	while (i < copy->to && places[i].trace != copy->trace)
		i++;
	if (i >= copy->to)
		return 0;
	if (places[i].kind != KPROBEX__HEAD__KIND_HEADER)
		return write_first_header(copy, false);
	err = kpc_survey_packet(copy->survey, &places[i], &packet);
	head = err ? NULL : kpc_head_unpack(packet.head);
	if (!head)
		return err ? err : -ENOMEM;
	repeats = head->header->repeat;
	kpc_head_free(head);
	return repeats ? write_first_header(copy, false) : 0;
}

/* Header and EventDescs again, which a trace that was cut hasn't got. */
static int write_repeat(struct copy *copy)
{
	int err = write_first_header(copy, true);

	for (uint64_t i = copy->from; !err && i < copy->to; i++)
		if (is_of(copy, &copy->survey->places[i],
			  KPROBEX__HEAD__KIND_EVENT))
			err = write_place(copy, &copy->survey->places[i]);
	return err;
}

static int write_footer(struct copy *copy)
{
	const struct kpc_trace *trace = copy->trace;
	struct kpc_footer footer = {
		.index_offset = copy->index.previous,
		.total_bytes = offset_of(copy) + KPC_FOOTER_BYTES,
		.events = copy->events,
		.exit_reason = trace->has_footer ? trace->footer.exit_reason :
						   KPC_EXIT_UNKNOWN,
	};
	int err = kpc_footer_pack(&footer, &copy->packer);

	return err ? err : write_packed(copy);
}

/*
 * What a new file is made of. The index and the footer are made anew; and an account
 * of events that are lost, with both of their descriptions, nobody can read.
 */
static bool is_wanted(const struct copy *copy, const struct kpc_place *place)
{
	if (place->trace != copy->trace || place->is_bad)
		return false;
	switch (place->kind) {
	case KPROBEX__HEAD__KIND_INDEX:
	case KPROBEX__HEAD__KIND_FOOTER:
		return false;
	case KPROBEX__HEAD__KIND_LEDGER:
		return copy->trace->has_ledger;
	default:
		return true;
	}
}

static int copy_packets(struct copy *copy)
{
	struct kpc_headway *headway = copy->survey->headway;
	int err = begin(copy);

	for (uint64_t i = copy->from; !err && i < copy->to; i++) {
		const struct kpc_place *place = &copy->survey->places[i];

		if (is_wanted(copy, place))
			err = write_place(copy, place);
		kpc_headway_tell(headway, place->offset + place->bytes);
	}
	if (!err && !copy->has_repeat)
		err = write_repeat(copy);
	if (!err && (copy->index.chunks || !copy->index.previous))
		err = write_index(copy);
	return err ? err : write_footer(copy);
}

int kpc_copy_trace(struct kpc_sink *sink, struct kpc_survey *survey,
		   const struct kpc_trace *trace, const Kprobex__Merged *merged)
{
	struct copy copy = {
		.sink = sink,
		.survey = survey,
		.trace = trace,
		.merged = merged,
		.start = kpc_sink_bytes(sink),
	};
	int err = kpc_packer_init(&copy.packer, 0, trace->id);

	kpc_survey_range(survey, trace, &copy.from, &copy.to);
	if (!err)
		err = copy_packets(&copy);
	kpc_packer_uninit(&copy.packer);
	kpc_index_uninit(&copy.index);
	return err;
}

int kpc_copy_check(const struct kpc_survey *survey, const char *out,
		   char *error, size_t error_size)
{
	struct stat a, b;

	if (fstat(survey->input.fd, &a) ||
	    (strcmp(out, "-") ? stat(out, &b) : fstat(1, &b)) ||
	    a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return 0;
	return kpc_fail(
		error, error_size, -EINVAL,
		"%s would be overwritten while it is read: write to another file",
		survey->name);
}
