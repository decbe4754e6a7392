// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <traceevent/event-parse.h>

#include "desc.h"
#include "fail.h"
#include "moduledep.h"
#include "nearmiss.h"
#include "pseudofile.h"
#include "tracepoint.h"

#define ELEMENTS_MAX 16u /* of an array that becomes as many fields */

/* ---- discovery ----------------------------------------------------------- */

#define TRACEFS "/sys/kernel/tracing"

/* 0, -EACCES or -ENOENT. */
static int find_root(const char **root)
{
	static const char *const roots[] = {
		TRACEFS,
		"/sys/kernel/debug/tracing",
	};
	int reason = -ENOENT;
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(path, sizeof(path), "%s/events", roots[i]);
		if (!access(path, R_OK | X_OK)) {
			*root = roots[i];
			return 0;
		}
		if (errno == EACCES)
			reason = -EACCES;
	}
	return reason;
}

int kpc_tracepoint_root(const char **root, char *error, size_t error_size)
{
	int ret = find_root(root);

	/* as perf does; who may not is told how */
	if (ret == -ENOENT && !mount("tracefs", TRACEFS, "tracefs",
				     MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		ret = find_root(root);
	if (ret == -EACCES)
		return kpc_fail(
			error, error_size, ret,
			"no permission to read tracefs at %s, which "
			"describes tracepoints; run as root, or remount "
			"it: mount -o remount,mode=755 %s",
			TRACEFS, TRACEFS);
	if (ret)
		return kpc_fail(
			error, error_size, ret,
			"tracefs, which describes tracepoints, isn't mounted; "
			"as root: mount -t tracefs tracefs %s (a kernel "
			"without CONFIG_TRACING has none)",
			TRACEFS);
	return 0;
}

/* A folder's entries in the order of their names. */
struct listing {
	struct dirent **entry;
	int nr;
};

static int listing_open(struct listing *l, const char *path)
{
	l->nr = scandir(path, &l->entry, NULL, alphasort);
	return l->nr < 0 ? -errno : 0;
}

static void listing_close(struct listing *l)
{
	for (int i = 0; i < l->nr; i++)
		free(l->entry[i]);
	if (l->nr >= 0)
		free(l->entry);
}

/* What a walk over the systems looks for and has found. */
struct walk {
	const char *root;
	const char *system;
	const char *name;
	kpc_tracepoint_fn fn;
	void *ctx;
	int found;
	int systems;
	struct kpc_nearmiss near_system;
	struct kpc_nearmiss near_name;
};

static int walk_system(struct walk *w, const char *system)
{
	char path[PATH_MAX];
	struct listing l;
	int err = 0;

	snprintf(path, sizeof(path), "%s/events/%s", w->root, system);
	if (listing_open(&l, path))
		return 0; /* a file, not a folder */
	w->systems++;
	for (int i = 0; !err && i < l.nr; i++) {
		const char *name = l.entry[i]->d_name;

		snprintf(path, sizeof(path), "%s/events/%s/%s/id", w->root,
			 system, name);
		if (name[0] == '.' || access(path, F_OK))
			continue;
		kpc_nearmiss_offer(&w->near_name, name);
		if (fnmatch(w->name, name, 0))
			continue;
		w->found++;
		err = w->fn(w->ctx, system, name);
	}
	listing_close(&l);
	return err;
}

static int nothing_found(const struct walk *w, char *error, size_t error_size)
{
	char text[KPC_NEARMISS_TEXT];

	if (!w->systems && kpc_moduledep_has(w->system))
		return kpc_fail(error, error_size, -ENOENT,
				"no such tracepoint: the module %s isn't "
				"loaded, and those of a module are there while "
				"it is; as root: modprobe %s",
				w->system, w->system);
	if (!w->systems)
		return kpc_fail(error, error_size, -ENOENT,
				"no such tracepoint: there is no system '%s' "
				"in %s/events%s (a module's are there while it "
				"is loaded)",
				w->system, w->root,
				kpc_nearmiss_text(&w->near_system, text,
						  sizeof(text)));
	return kpc_fail(error, error_size, -ENOENT,
			"no such tracepoint: %s:%s%s", w->system, w->name,
			kpc_nearmiss_text(&w->near_name, text, sizeof(text)));
}

int kpc_tracepoint_match(const char *root, const char *system, const char *name,
			 kpc_tracepoint_fn fn, void *ctx, char *error,
			 size_t error_size)
{
	struct walk w = {
		.root = root,
		.system = system,
		.name = name,
		.fn = fn,
		.ctx = ctx,
	};
	char path[PATH_MAX];
	struct listing l;
	int err;

	kpc_nearmiss_init(&w.near_system, system);
	kpc_nearmiss_init(&w.near_name, name);
	snprintf(path, sizeof(path), "%s/events", root);
	err = listing_open(&l, path);
	if (err)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				path, strerror(-err));
	for (int i = 0; !err && i < l.nr; i++) {
		const char *at = l.entry[i]->d_name;

		if (at[0] == '.')
			continue;
		kpc_nearmiss_offer(&w.near_system, at);
		if (!fnmatch(system, at, 0))
			err = walk_system(&w, at);
	}
	listing_close(&l);
	if (err)
		return err;
	return w.found ? w.found : nothing_found(&w, error, error_size);
}

/* ---- format -------------------------------------------------------------- */

/* Of char; libtraceevent takes arrays of u8 and unsigned char for text, too. */
static bool is_text(const struct tep_format_field *from)
{
	return strstr(from->type, "char") && !strstr(from->type, "unsigned");
}

static enum kpc_field_kind kind_of(const struct tep_format_field *from)
{
	if (from->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC))
		return is_text(from) ? KPC_FIELD_STRING : KPC_FIELD_BYTES;
	if (from->size != 1 && from->size != 2 && from->size != 4 &&
	    from->size != 8)
		return KPC_FIELD_BYTES;
	if (from->flags & TEP_FIELD_IS_POINTER)
		return KPC_FIELD_HEX;
	return from->flags & TEP_FIELD_IS_SIGNED ? KPC_FIELD_SIGNED :
						   KPC_FIELD_UNSIGNED;
}

static int fill_field(struct kpc_field *field,
		      const struct tep_format_field *from, bool common)
{
	if (from->offset < 0 || from->size < 0)
		return -EBADMSG;
	field->name = strdup(from->name);
	field->type = strdup(from->type);
	if (!field->name || !field->type)
		return -ENOMEM;
	field->offset = from->offset;
	field->bytes = from->size;
	field->kind = kind_of(from);
	field->common = common;
	field->dynamic = from->flags & TEP_FIELD_IS_DYNAMIC;
	field->relative = from->flags & TEP_FIELD_IS_RELATIVE;
	/*
	 * A __data_loc is a word of 4 bytes; another dynamic field, or one
	 * without a size, has its data at the record's end, which can't be
	 * told from the format: leave it empty.
	 */
	if (field->dynamic && field->bytes != 4) {
		field->dynamic = false;
		field->kind = KPC_FIELD_BYTES;
		field->bytes = 0;
	}
	return 0;
}

/*
 * How many fields of ours stand for it: a short array of numbers, such as a
 * system call's arguments, is taken as so many columns.
 */
static uint32_t nr_elements(const struct tep_format_field *from)
{
	unsigned int bytes = from->elementsize;

	if (!(from->flags & TEP_FIELD_IS_ARRAY) ||
	    (from->flags & TEP_FIELD_IS_DYNAMIC) ||
	    (bytes != 2 && bytes != 4 && bytes != 8) || from->size <= 0 ||
	    from->size % bytes || from->size / bytes > ELEMENTS_MAX)
		return 1;
	return from->size / bytes;
}

static int add_field(struct kpc_event *event,
		     const struct tep_format_field *from, bool common)
{
	uint32_t nr = nr_elements(from);
	struct kpc_field *field;
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++) {
		field = &event->fields[event->nr_fields++];
		err = fill_field(field, from, common);
		if (err || nr == 1)
			continue;
		field->bytes = from->elementsize;
		field->offset += i * field->bytes;
		field->kind = KPC_FIELD_HEX;
		free(field->name);
		if (asprintf(&field->name, "%s%u", from->name, i) < 0) {
			field->name = NULL;
			err = -ENOMEM;
		}
	}
	return err;
}

static int fill_fields(struct kpc_event *event, const struct tep_format *format)
{
	const struct tep_format_field *from;
	uint32_t nr = 0;
	int err = 0;

	for (from = format->common_fields; from; from = from->next)
		nr += nr_elements(from);
	for (from = format->fields; from; from = from->next)
		nr += nr_elements(from);
	event->fields = calloc(nr + 1, sizeof(*event->fields));
	if (!event->fields)
		return -ENOMEM;
	for (from = format->common_fields; !err && from; from = from->next)
		err = add_field(event, from, true);
	for (from = format->fields; !err && from; from = from->next)
		err = add_field(event, from, false);
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (field->offset + field->bytes > event->record_bytes)
			event->record_bytes = field->offset + field->bytes;
	}
	return err;
}

static struct kpc_field *find_field(struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!strcmp(event->fields[i].name, name))
			return &event->fields[i];
	return NULL;
}

static int add_symbol(struct kpc_field *field, const char *value,
		      const char *name)
{
	struct kpc_symbol *symbols;
	char *end;
	uint64_t number = strtoull(value, &end, 0);

	if (end == value || *end)
		return 0; /* an expression, not a number */
	symbols = realloc(field->symbols,
			  (field->nr_symbols + 1) * sizeof(*symbols));
	if (!symbols)
		return -ENOMEM;
	field->symbols = symbols;
	symbols += field->nr_symbols;
	*symbols = (struct kpc_symbol){
		.value = number,
		.name = strdup(name),
	};
	if (!symbols->name)
		return -ENOMEM;
	field->nr_symbols++;
	return 0;
}

/* __print_symbolic(REC->field, …) of the print format names a field's values */
static int fill_symbols(struct kpc_event *event, struct tep_print_arg *arg)
{
	const struct tep_print_flag_sym *from;
	struct kpc_field *field;
	int err = 0;

	for (; arg; arg = arg->next) {
		if (arg->type != TEP_PRINT_SYMBOL || !arg->symbol.field ||
		    arg->symbol.field->type != TEP_PRINT_FIELD)
			continue;
		field = find_field(event, arg->symbol.field->field.name);
		if (!field || field->nr_symbols || kpc_field_is_blob(field))
			continue;
		from = arg->symbol.symbols;
		for (; !err && from; from = from->next)
			err = add_symbol(field, from->value, from->str);
	}
	return err;
}

/* The text behind "print fmt:", without the line's end. */
static int fill_print_fmt(struct kpc_event *event, const char *format)
{
	static const char mark[] = "\nprint fmt: ";
	const char *at = strstr(format, mark);

	if (!at)
		return 0;
	at += sizeof(mark) - 1;
	event->print_fmt = strndup(at, strcspn(at, "\n"));
	return event->print_fmt ? 0 : -ENOMEM;
}

static int fill_event(struct kpc_event *event, const struct tep_event *from,
		      const char *format)
{
	int err;

	event->source = KPC_SOURCE_TRACEPOINT;
	if (asprintf(&event->name, "%s:%s", from->system, from->name) < 0) {
		event->name = NULL;
		return -ENOMEM;
	}
	err = fill_fields(event, &from->format);
	if (!err)
		err = fill_print_fmt(event, format);
	if (!err && !(from->flags & TEP_EVENT_FL_FAILED))
		err = fill_symbols(event, from->print_fmt.args);
	return err;
}

/* @text is taken apart; the event's print format is that of @format. */
static int parse(struct kpc_event *event, uint64_t *id, const char *text,
		 size_t bytes, const char *format, const char *system)
{
	const struct tep_event *from;
	struct tep_handle *tep;
	int err = -EBADMSG;

	tep = tep_alloc();
	if (!tep)
		return -ENOMEM;
	/* A print format that it can't parse is none of the user's business. */
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(tep, sizeof(long));
	tep_parse_event(tep, text, bytes, system);
	from = tep_get_first_event(tep);
	if (from && from->name && from->id > 0) {
		*id = from->id;
		err = fill_event(event, from, format);
	}
	tep_free(tep);
	return err ? err : kpc_event_check(event);
}

/* libtraceevent 1.7 crashes on some that are cut. */
static const char *find_print_fmt(const char *format, size_t bytes)
{
	return bytes && format[bytes - 1] == '\n' ?
		       strstr(format, "\nprint fmt: ") :
		       NULL;
}

int kpc_tracepoint_parse(struct kpc_event *event, uint64_t *id,
			 const char *format, size_t bytes, const char *system)
{
	if (!find_print_fmt(format, bytes))
		return -EBADMSG;
	return parse(event, id, format, bytes, format, system);
}

int kpc_tracepoint_parse_foreign(struct kpc_event *event, uint64_t *id,
				 const char *format, size_t bytes,
				 const char *system)
{
	static const char nothing[] = "\nprint fmt: \"\"\n";
	const char *end = find_print_fmt(format, bytes);
	char *text;
	int err;

	if (!end)
		return -EBADMSG;
	if (asprintf(&text, "%.*s%s", (int)(end - format), format, nothing) < 0)
		return -ENOMEM;
	err = parse(event, id, text, strlen(text), format, system);
	free(text);
	return err;
}

int kpc_tracepoint_load(struct kpc_event *event, uint64_t *id, const char *root,
			const char *system, const char *name, char *error,
			size_t error_size)
{
	char path[PATH_MAX];
	char *format;
	size_t bytes;
	int err;

	snprintf(path, sizeof(path), "%s/events/%s/%s/format", root, system,
		 name);
	err = kpc_pseudofile_load(path, &format, &bytes);
	if (err)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				path, strerror(-err));
	err = kpc_tracepoint_parse(event, id, format, bytes, system);
	free(format);
	if (err)
		return kpc_fail(error, error_size, err,
				"cannot make sense of %s", path);
	return 0;
}
