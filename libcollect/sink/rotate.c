// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "outlet.h"
#include "rotate.h"
#include "trace_clock.h"

bool kpc_session_rotates(const struct kpc_session *s)
{
	return s->opts.rotate_bytes || s->opts.rotate_ns;
}

int kpc_session_check_rotate(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;

	/* Else each packet would be a part. */
	if (o->rotate_bytes && o->rotate_bytes < KPC_ROTATE_BYTES_MIN)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a part has %u KiB at least, not %" PRIu64
				" bytes",
				KPC_ROTATE_BYTES_MIN >> 10, o->rotate_bytes);
	if (o->rotate_ns && o->rotate_ns < KPC_ROTATE_NS_MIN)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a part takes %llu ms at least, not %" PRIu64
				" ns",
				KPC_ROTATE_NS_MIN / KPC_NS_PER_MS,
				o->rotate_ns);
	return 0;
}

/* Its parts are files, and not all in one stream. */
static bool has_files(const struct kpc_session *s)
{
	return s->parts.stem;
}

/* Allocated; NULL with 0 if there are no files. */
static int next_path(struct kpc_session *s, char **path)
{
	*path = NULL;
	if (!has_files(s))
		return 0;
	*path = kpc_parts_next(&s->parts);
	if (*path)
		return 0;
	return kpc_fail(s->error, sizeof(s->error), -ENOMEM,
			"out of memory, or of numbers for parts");
}

int kpc_session_first_part(struct kpc_session *s, char **path)
{
	const char *output = s->opts.output;
	int err;

	*path = NULL;
	/* Rows wait in the rings for the flush, and then in the queue. */
	kpc_side_remember(s->side, 2 * s->flush_ns + KPC_NS_PER_S);
	if (!strcmp(output, "-") || kpc_address_is(output)) {
		if (!s->opts.rotate_keep)
			return 0;
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"only of files so many can be kept: parts that "
				"were sent can't be taken back");
	}
	err = kpc_parts_init(&s->parts, output, s->opts.rotate_keep, s->error,
			     sizeof(s->error));
	return err ? err : next_path(s, path);
}

uint64_t kpc_session_rotate_due_ns(const struct kpc_session *s)
{
	uint64_t due;

	if (!s->opts.rotate_ns ||
	    __builtin_add_overflow(s->part_ns, s->opts.rotate_ns, &due))
		return UINT64_MAX;
	return due;
}

bool kpc_session_rotate_due(const struct kpc_session *s, uint64_t now_ns)
{
	struct kpc_tracefile *file =
		kpc_outlet_file(kpc_writer_outlet(s->writer));

	return now_ns >= kpc_session_rotate_due_ns(s) ||
	       (s->opts.rotate_bytes &&
		kpc_tracefile_part_bytes(file) >= s->opts.rotate_bytes);
}

/* When the part that makes them too many has begun. */
static void remove_old(struct kpc_session *s)
{
	char *path;
	int err;

	while ((path = kpc_parts_remove(&s->parts, &err)) != NULL) {
		if (err)
			kpc_session_log(s, KPC_LOG_WARNING,
					"cannot remove %s: %s", path,
					strerror(-err));
		else
			kpc_session_log(s, KPC_LOG_INFO,
					"removed %s: only %u parts are kept",
					path, s->parts.keep);
		free(path);
	}
}

/* What the part that begins is to have of its own. By who has the lock. */
static int begin_part(struct kpc_session *s)
{
	struct kpc_ledger *ledger = &s->book.ledger;
	int err;

	ledger->begin = true;
	err = kpc_writer_ledger(s->writer, ledger);
	ledger->begin = false;
	if (!err)
		err = kpc_writer_clock(s->writer);
	if (!err)
		err = kpc_side_repeat(s->side, s->writer);
	return err ? err : kpc_side_snapshot(s->side, s->writer);
}

static int next_part(struct kpc_session *s)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	struct kpc_tracefile *file = kpc_outlet_file(outlet);
	char error[KPC_ERROR_BYTES] = "";
	uint32_t removed = s->parts.removed;
	char *path;
	int err;

	/* The one that will be removed when the next has begun. */
	if (s->parts.keep && s->parts.nr >= s->parts.keep)
		removed += s->parts.nr + 1 - s->parts.keep;
	err = next_path(s, &path);
	if (err)
		return kpc_outlet_fail(outlet, err, s->error);
	err = kpc_tracefile_next(file, path, removed, s->book.ledger.time_ns,
				 error, sizeof(error));
	free(path);
	if (err)
		kpc_outlet_fail(outlet, err,
				*error ? error : kpc_tracefile_error(file));
	return err;
}

int kpc_session_write_noted(struct kpc_session *s)
{
	int err = kpc_side_write(s->side, s->writer);

	return err ? err : kpc_context_news(&s->context, s->writer);
}

int kpc_session_write_heard(struct kpc_session *s)
{
	int err = kpc_side_drain(s->side);

	return err ? err : kpc_session_write_noted(s);
}

int kpc_session_rotate(struct kpc_session *s)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	int err =
		kpc_context_symbols(&s->context, s->writer, kpc_trace_clock());

	if (!err)
		err = kpc_side_hear(s->side);
	if (!err)
		err = kpc_session_write_noted(s);
	if (!err)
		err = kpc_side_hear(s->side);
	kpc_outlet_lock(outlet);
	if (!err)
		err = kpc_session_write_heard(s);
	if (!err)
		err = kpc_session_write_ledger(s, false);
	if (!err)
		err = kpc_writer_clock(s->writer);
	if (!err)
		err = kpc_outlet_sync(outlet);
	if (!err)
		err = next_part(s);
	if (!err)
		err = begin_part(s);
	s->part_ns = kpc_trace_clock();
	kpc_outlet_unlock(outlet);
	if (err)
		return err;
	remove_old(s);
	return kpc_context_snapshot(&s->context, s->writer);
}
