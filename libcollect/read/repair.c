// SPDX-License-Identifier: GPL-2.0-only
/* repair.c - kpc_repair() and kpc_merge(): new files of what is good in others */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "copy.h"
#include "fail.h"
#include "intern.h"

#define MERGE_FILES_MAX 1024u

/* After a failure what the sink says is better than a number. */
static int write_failed(const struct kpc_sink *sink, const char *name, int err,
			char *error, size_t error_size)
{
	const char *text = kpc_sink_error(sink);

	if (*text)
		return kpc_fail(error, error_size, err, "%s", text);
	return kpc_fail(error, error_size, err,
			"cannot copy what is good of %s: %s", name,
			strerror(-err));
}

/* ---- repair -------------------------------------------------------------- */

static int repair(struct kpc_survey *s, const char *out, char *error,
		  size_t error_size)
{
	struct kpc_sink *sink;
	int err = kpc_copy_check(s, out, error, error_size);

	if (err)
		return err;
	err = kpc_sink_open(&sink, out, error, error_size);
	if (err)
		return err;
	kpc_headway_stage(s->headway, KPC_STAGE_WRITE, s->input.size);
	for (uint32_t i = 0; !err && i < s->nr_traces; i++)
		err = kpc_copy_trace(sink, s, s->traces[i], NULL);
	if (!err)
		err = kpc_sink_finish(sink);
	if (err)
		write_failed(sink, s->name, err, error, error_size);
	kpc_sink_free(sink);
	return err;
}

int kpc_repair(const char *in, const char *out,
	       const struct kpc_file_opts *opts,
	       struct kpc_verify_result *found, char *error, size_t error_size)
{
	struct kpc_headway headway;
	struct kpc_survey s;
	int err;

	if (found->size != sizeof(*found))
		return kpc_fail(error, error_size, -EINVAL,
				"a result of another size");
	err = kpc_headway_init(&headway, opts, 1, error, error_size);
	if (err)
		return err;
	err = kpc_survey_run(&s, in, &headway, error, error_size);
	if (!err) {
		*found = s.result;
		err = repair(&s, out, error, error_size);
	}
	kpc_survey_uninit(&s);
	return err;
}

/* ---- merge --------------------------------------------------------------- */

struct merge {
	struct kpc_survey *surveys;
	uint32_t nr;
	uint8_t uuid[16];
	struct kpc_intern uuids; /* of the traces that were checked */
	struct kpc_merge_result *result;
	struct kpc_headway headway;
};

/* By the whole uuid: the parts of a series have the same id. 1, 0 or -ENOMEM. */
static int is_known(struct merge *m, const struct kpc_trace *trace)
{
	const struct kpc_span uuid = { trace->info.uuid,
				       sizeof(trace->info.uuid) };
	uint32_t nr = m->uuids.nr;
	int64_t number = kpc_intern_add(&m->uuids, uuid);

	return number < 0 ? (int)number : number < nr;
}

/* Whether the traces of a file can be put in order with others. */
static int check_file(struct merge *m, uint32_t file, char *error,
		      size_t error_size)
{
	const struct kpc_survey *s = &m->surveys[file];

	for (uint32_t t = 0; t < s->nr_traces; t++) {
		const struct kpc_trace *trace = s->traces[t];
		uint64_t uncertainty = kpc_clockmap_uncertainty(&trace->clocks);
		int known;

		if (!trace->has_header)
			return kpc_fail(
				error, error_size, -EINVAL,
				"%s: a trace in it has lost its Header, so it isn't known what its clock is: it can't be merged",
				s->name);
		if (!trace->info.has_realtime)
			return kpc_fail(
				error, error_size, -EINVAL,
				"%s: a trace in it doesn't say what CLOCK_REALTIME was: it can't be merged",
				s->name);
		known = is_known(m, trace);
		if (known < 0)
			return kpc_fail(error, error_size, known,
					"out of memory");
		if (known)
			return kpc_fail(
				error, error_size, -EINVAL,
				"%s: a trace in it is there already: name each file once",
				s->name);
		if (uncertainty > m->result->uncertainty_ns)
			m->result->uncertainty_ns = uncertainty;
		m->result->steps += kpc_clockmap_steps(&trace->clocks);
		m->result->traces++;
	}
	if (s->result.verdict > m->result->verdict)
		m->result->verdict = s->result.verdict;
	return 0;
}

static int write_traces(struct merge *m, struct kpc_sink *sink, char *error,
			size_t error_size)
{
	Kprobex__Merged merged = KPROBEX__MERGED__INIT;
	int err = 0;

	merged.uuid.data = m->uuid;
	merged.uuid.len = sizeof(m->uuid);
	merged.traces = m->result->traces;
	for (uint32_t i = 0; i < m->nr; i++) {
		struct kpc_survey *s = &m->surveys[i];

		m->headway.so_far.file = i;
		kpc_headway_stage(&m->headway, KPC_STAGE_WRITE, s->input.size);
		for (uint32_t t = 0; t < s->nr_traces; t++) {
			err = kpc_copy_trace(sink, s, s->traces[t], &merged);
			if (err)
				return write_failed(sink, s->name, err, error,
						    error_size);
			merged.position++;
		}
	}
	err = kpc_sink_finish(sink);
	return err ? write_failed(sink, "", err, error, error_size) : 0;
}

static int merge(struct merge *m, const char *const *in, const char *out,
		 char *error, size_t error_size)
{
	struct kpc_sink *sink;
	int err = 0;

	for (; !err && in[m->nr]; m->nr++) {
		struct kpc_survey *s = &m->surveys[m->nr];

		m->headway.so_far.file = m->nr;
		err = kpc_survey_run(s, in[m->nr], &m->headway, error,
				     error_size);
		if (!err)
			err = kpc_copy_check(s, out, error, error_size);
		if (!err)
			err = check_file(m, m->nr, error, error_size);
	}
	if (err)
		return err;
	if (getrandom(m->uuid, sizeof(m->uuid), 0) != sizeof(m->uuid))
		return kpc_fail(error, error_size, -errno,
				"cannot draw an id: %s", strerror(errno));
	err = kpc_sink_open(&sink, out, error, error_size);
	if (err)
		return err;
	err = write_traces(m, sink, error, error_size);
	kpc_sink_free(sink);
	return err;
}

int kpc_merge(const char *const *in, const char *out,
	      const struct kpc_file_opts *opts, struct kpc_merge_result *result,
	      char *error, size_t error_size)
{
	struct merge m = { .result = result };
	uint32_t nr = 0;
	int err;

	if (result->size != sizeof(*result))
		return kpc_fail(error, error_size, -EINVAL,
				"a result of another size");
	*result = (struct kpc_merge_result){ .size = sizeof(*result) };
	while (nr <= MERGE_FILES_MAX && in[nr])
		nr++;
	if (nr > MERGE_FILES_MAX)
		return kpc_fail(error, error_size, -EINVAL,
				"more than %u files can't be merged at once",
				MERGE_FILES_MAX);
	err = kpc_headway_init(&m.headway, opts, nr, error, error_size);
	if (err)
		return err;
	m.surveys = calloc(nr + 1, sizeof(*m.surveys));
	if (!m.surveys)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = merge(&m, in, out, error, error_size);
	for (uint32_t i = 0; i < m.nr; i++)
		kpc_survey_uninit(&m.surveys[i]);
	kpc_intern_uninit(&m.uuids);
	free(m.surveys);
	return err;
}
