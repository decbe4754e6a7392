// SPDX-License-Identifier: GPL-2.0-only
/* export.c - hands a reader's rows to a format, and its output to a file */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "format.h"
#include "formats.h"
#include "nearmiss.h"
#include "reading.h"
#include "trace.h"

#define PROGRESS_ROWS 16384u

/* ---- for formats --------------------------------------------------------- */

int kpc_export_fail(struct kpc_export *x, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(x->error, sizeof(x->error), format, args);
	va_end(args);
	return err;
}

void kpc_export_log(struct kpc_export *x, enum kpc_log_level level,
		    const char *format, ...)
{
	char text[KPC_ERROR_BYTES];
	va_list args;

	if (!x->opts.log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	x->opts.log(x->opts.log_ctx, level, text);
}

const struct kpc_trace_info *kpc_export_info(struct kpc_export *x,
					     const struct kpc_reader *reader)
{
	const struct kpc_trace_info *info = kpc_reader_info(reader);

	return x->anonymizer ? kpc_anonymizer_info(x->anonymizer, info) : info;
}

const struct kpc_event *kpc_export_event(struct kpc_export *x,
					 const struct kpc_reader *reader,
					 uint32_t id)
{
	const struct kpc_event *event = kpc_reader_event(reader, id);

	return event && x->anonymizer ?
		       kpc_anonymizer_event(x->anonymizer, event) :
		       event;
}

bool kpc_export_is_place(const struct kpc_export *x, uint64_t v,
			 struct kpc_kernel_symbol *symbol)
{
	return x->anonymizer &&
	       !kpc_places_symbol(&x->anonymizer->places, v, symbol);
}

int kpc_export_symbol(struct kpc_export *x, const struct kpc_trace_info *info,
		      uint64_t address, uint64_t time_ns,
		      struct kpc_kernel_symbol *symbol)
{
	if (x->anonymizer)
		return kpc_places_symbol(&x->anonymizer->places, address,
					 symbol);
	return kpc_trace_symbol(info, address, time_ns, symbol);
}

int kpc_export_map(struct kpc_export *x, const struct kpc_trace_info *info,
		   uint32_t pid, uint64_t address, uint64_t time_ns,
		   struct kpc_mapping *mapping)
{
	if (x->anonymizer)
		return kpc_places_map(&x->anonymizer->places, address, mapping);
	return kpc_trace_map(info, pid, address, time_ns, mapping);
}

int kpc_export_realtime(struct kpc_export *x, const struct kpc_trace_info *info,
			uint64_t time_ns, int64_t *realtime_ns)
{
	if (x->anonymizer)
		info = kpc_anonymizer_original(info);
	return kpc_trace_realtime(info, time_ns, realtime_ns);
}

const char *kpc_export_function(struct kpc_export *x,
				const struct kpc_mapping *mapping,
				uint64_t *offset)
{
	if (x->opts.no_files || x->anonymizer)
		return NULL;
	return kpc_usersyms_find(&x->usersyms, mapping, offset);
}

const struct kpc_ledger *kpc_export_ledger(struct kpc_export *x,
					   const struct kpc_trace_info *info)
{
	if (x->anonymizer)
		info = kpc_anonymizer_original(info);
	return kpc_trace_ledger(info);
}

const struct kpc_clockmap *kpc_export_clocks(struct kpc_export *x,
					     const struct kpc_trace_info *info)
{
	if (x->anonymizer)
		info = kpc_anonymizer_original(info);
	return kpc_trace_clocks(info);
}

const struct kpc_lives *kpc_export_lives(struct kpc_export *x,
					 const struct kpc_trace_info *info)
{
	if (x->anonymizer)
		info = kpc_anonymizer_original(info);
	return kpc_trace_lives(info);
}

/* ---- new ----------------------------------------------------------------- */

int kpc_export_formats(kpc_export_format_fn fn, void *ctx)
{
	const struct kpc_export_format *format;
	int ret = 0;

	for (uint32_t i = 0; !ret && (format = kpc_format_at(i)); i++) {
		const struct kpc_export_format_info info = {
			.name = format->name,
			.what = format->what,
			.flags = format->flags,
		};

		ret = fn(ctx, &info);
	}
	return ret;
}

static int no_format(const char *name, char *error, size_t error_size)
{
	const struct kpc_export_format *format;
	char names[256] = "", miss[KPC_NEARMISS_TEXT];
	struct kpc_nearmiss near;
	size_t used = 0;

	kpc_nearmiss_init(&near, name);
	for (uint32_t i = 0; (format = kpc_format_at(i)); i++) {
		kpc_nearmiss_offer(&near, format->name);
		used += snprintf(names + used, sizeof(names) - used, "%s%s",
				 i ? ", " : "", format->name);
	}
	return kpc_fail(error, error_size, -ENOENT,
			"there is no format '%s'%s%s are %s", name,
			kpc_nearmiss_text(&near, miss, sizeof(miss)),
			near.nr ? " There" : "; there", names);
}

static int open_output(struct kpc_export *x, char *error, size_t error_size)
{
	const struct kpc_export_format *format = x->format;
	unsigned int flags = 0;

	if (format->flags & KPC_FORMAT_DIRECTORY)
		return kpc_outdir_open(&x->dir, x->opts.output, error,
				       error_size);
	if (format->flags & KPC_FORMAT_BINARY)
		flags |= KPC_OUTFILE_BINARY;
	if (format->flags & KPC_FORMAT_SEEKS)
		flags |= KPC_OUTFILE_SEEKS;
	return kpc_outfile_open(&x->out, x->opts.output, flags, error,
				error_size);
}

static int check_opts(const struct kpc_export_opts *opts,
		      const struct kpc_export_format *format, char *error,
		      size_t error_size)
{
	if (!format)
		return no_format(opts->format, error, error_size);
	if (opts->weight && !(format->flags & KPC_FORMAT_WEIGHT))
		return kpc_fail(
			error, error_size, -EINVAL,
			"%s has each event, and no weights: that is for formats of call chains",
			format->name);
	return 0;
}

/* The caller's strings needn't stay. */
static bool keep_texts(struct kpc_export *x, const struct kpc_export_opts *opts)
{
	x->opts = *opts;
	x->opts.format = strdup(opts->format);
	x->opts.output = strdup(opts->output);
	x->opts.weight = opts->weight ? strdup(opts->weight) : NULL;
	return x->opts.format && x->opts.output &&
	       !x->opts.weight == !opts->weight;
}

int kpc_export_new(struct kpc_export **result,
		   const struct kpc_export_opts *opts, char *error,
		   size_t error_size)
{
	const struct kpc_export_format *format;
	struct kpc_export *x;
	int err;

	if (opts->size != sizeof(*opts) || !opts->format || !opts->output)
		return kpc_fail(error, error_size, -EINVAL,
				"an export needs a format and an output");
	format = kpc_format_find(opts->format);
	err = check_opts(opts, format, error, error_size);
	if (err)
		return err;
	x = calloc(1, sizeof(*x));
	if (!x)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	x->format = format;
	x->result.size = sizeof(x->result);
	x->state = calloc(1, format->state_bytes + 1);
	err = keep_texts(x, opts) && x->state ? 0 : -ENOMEM;
	if (!err && opts->anonymize)
		err = kpc_anonymizer_new(&x->anonymizer);
	if (err)
		kpc_fail(error, error_size, err, "%s", strerror(-err));
	else
		err = open_output(x, error, error_size);
	if (err) {
		kpc_export_free(x);
		return err;
	}
	*result = x;
	return 0;
}

/* ---- rows ---------------------------------------------------------------- */

static int set_failed(struct kpc_export *x, int err)
{
	x->failed = err;
	if (x->out && x->out->failed) {
		x->failed = x->out->failed;
		return kpc_export_fail(x, x->failed, "%s",
				       kpc_outfile_error(x->out));
	}
	if (!*x->error)
		kpc_export_fail(x, err, "%s",
				err == -EINTR  ? "stopped" :
				err == -ENOMEM ? "out of memory" :
						 strerror(-err));
	return err;
}

/* What an operation gave, or what became of its writes. */
static int check(struct kpc_export *x, int err)
{
	if (!err && x->stop)
		err = -EINTR;
	if (err || (x->out && x->out->failed))
		return set_failed(x, err);
	return 0;
}

static bool is_wanted(const struct kpc_export *x, const char *name)
{
	const char *const *pattern = x->opts.events;

	if (!pattern || !*pattern)
		return true;
	while (*pattern && fnmatch(*pattern, name, 0))
		pattern++;
	return *pattern;
}

/* The events of a reader's current trace. */
static int show_events(struct kpc_export *x, const struct kpc_reader *reader)
{
	uint32_t nr = x->format->event ? kpc_reader_nr_events(reader) : 0;
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++) {
		const struct kpc_event *event = kpc_reader_event(reader, i);

		if (event && is_wanted(x, event->name))
			err = x->format->event(x,
					       kpc_export_event(x, reader, i));
	}
	return err;
}

int kpc_export_show(struct kpc_export *x, struct kpc_reader *reader)
{
	int ret;

	if (x->failed)
		return x->failed;
	x->shown = true;
	do {
		ret = show_events(x, reader);
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	if (!ret)
		ret = kpc_reader_rewind(reader);
	return check(x, ret);
}

/* @reader NULL: there is no trace. */
static int begin(struct kpc_export *x, const struct kpc_reader *reader)
{
	int err = x->shown || !reader ? 0 : show_events(x, reader);

	x->begun = true;
	if (!err && x->format->begin)
		err = x->format->begin(x);
	return check(x, err);
}

static void tell_progress(struct kpc_export *x)
{
	x->result.bytes = x->out ? kpc_outfile_at(x->out) : 0;
	if (x->opts.progress)
		x->opts.progress(x->opts.progress_ctx, &x->result);
}

static int reader_failed(struct kpc_export *x, const struct kpc_reader *reader,
			 int err)
{
	const char *text = kpc_reader_error(reader);

	return *text ? kpc_export_fail(x, err, "%s", text) : err;
}

static int write_rows(struct kpc_export *x, struct kpc_reader *reader)
{
	struct kpc_row row;
	int ret;

	while ((ret = kpc_reader_next(reader, &row)) > 0) {
		ret = x->anonymizer ? kpc_anonymizer_row(x->anonymizer, &row) :
				      0;
		if (!ret)
			ret = x->format->row(x, &row);
		ret = check(x, ret);
		if (ret)
			return ret;
		x->result.rows++;
		if (!(x->result.rows % PROGRESS_ROWS))
			tell_progress(x);
	}
	return check(x, ret ? reader_failed(x, reader, ret) : 0);
}

/* What takes the trace's name in the end would be all that is left of it. */
static int check_output(struct kpc_export *x, const struct kpc_reader *reader)
{
	struct stat from, to;

	if (!x->out || !x->out->path || fstat(reader->input.fd, &from) ||
	    stat(x->out->path, &to) || from.st_dev != to.st_dev ||
	    from.st_ino != to.st_ino)
		return 0;
	return kpc_export_fail(
		x, -EINVAL,
		"%s is the trace itself, which would be overwritten: name another file with -o",
		x->out->name);
}

int kpc_export_trace(struct kpc_export *x, struct kpc_reader *reader)
{
	const struct kpc_export_format *format = x->format;
	int err = x->failed;

	if (!err)
		err = check(x, check_output(x, reader));
	if (!err && !kpc_export_info(x, reader))
		err = check(x, -ENOMEM);
	if (!err && !x->begun)
		err = begin(x, reader);
	if (!err && format->trace_begin)
		err = check(x, format->trace_begin(x, reader));
	if (!err)
		err = write_rows(x, reader);
	if (!err && format->trace_end)
		err = check(x, format->trace_end(x, reader));
	return err;
}

/* ---- end ----------------------------------------------------------------- */

int kpc_export_flush(struct kpc_export *x)
{
	if (x->failed)
		return x->failed;
	if (x->out)
		kpc_outfile_flush(x->out);
	return check(x, 0);
}

static int finish(struct kpc_export *x)
{
	if (x->out)
		return kpc_outfile_finish(x->out);
	return kpc_outdir_finish(x->dir, x->error, sizeof(x->error));
}

int kpc_export_end(struct kpc_export *x, struct kpc_export_result *result)
{
	size_t size = result->size;
	int err = x->failed;

	if (size != sizeof(*result))
		return kpc_export_fail(x, -EINVAL, "a result of another size");
	if (!err && !x->begun)
		err = begin(x, NULL);
	if (!err && x->format->end)
		err = check(x, x->format->end(x));
	if (!err)
		err = check(x, finish(x));
	tell_progress(x);
	*result = x->result;
	result->size = size;
	return err;
}

void kpc_export_stop(struct kpc_export *x)
{
	x->stop = true;
}

const char *kpc_export_error(const struct kpc_export *x)
{
	return x->error;
}

void kpc_export_free(struct kpc_export *x)
{
	if (!x)
		return;
	if (x->format->uninit && x->state)
		x->format->uninit(x);
	kpc_outfile_free(x->out);
	kpc_outdir_free(x->dir);
	kpc_usersyms_uninit(&x->usersyms);
	kpc_anonymizer_free(x->anonymizer);
	free((char *)x->opts.format);
	free((char *)x->opts.output);
	free((char *)x->opts.weight);
	free(x->state);
	free(x);
}
