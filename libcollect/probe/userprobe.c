// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elfsyms.h"
#include "fail.h"
#include "nearmiss.h"
#include "usdt.h"
#include "usdtarg.h"
#include "userfile.h"
#include "userprobe.h"

#define RETURN_SUFFIX "__return" /* as perf probe has it */
#define LINE_MAX      4000	 /* of uprobe_events: a page, less its name */

/* What the functions below hand on. */
struct finder {
	struct kpc_userprobes *probes;
	const struct kpc_userspec *spec;
	const struct kpc_elffile *file;
	char *error;
	size_t error_size;
	/* of USDT probes */
	uint32_t found;
	struct kpc_nearmiss near;
};

static int no_memory(const struct finder *f)
{
	return kpc_fail(f->error, f->error_size, -ENOMEM, "out of memory");
}

__attribute__((format(printf, 2, 3))) static void
add_text(struct kpc_buf *to, const char *format, ...)
{
	char text[1024];
	va_list args;
	int bytes;

	va_start(args, format);
	bytes = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* cut, it is still a line */
	if ((size_t)bytes >= sizeof(text)) {
		bytes = sizeof(text) - 1;
		text[bytes - 1] = '\n';
	}
	kpc_buf_add(to, text, bytes);
}

/* ---- lists --------------------------------------------------------------- */

static struct kpc_userprobe *find_probe(const struct finder *f,
					const char *name, const char *types)
{
	for (uint32_t i = 0; i < f->probes->nr; i++) {
		struct kpc_userprobe *probe = &f->probes->probe[i];

		if (!strcmp(probe->name, name) && !strcmp(probe->types, types))
			return probe;
	}
	return NULL;
}

static struct kpc_userprobe *add_probe(const struct finder *f, const char *name,
				       const char *types)
{
	struct kpc_userprobes *p = f->probes;
	struct kpc_userprobe *v = realloc(p->probe, (p->nr + 1) * sizeof(*v));

	if (!v)
		return NULL;
	p->probe = v;
	v = &p->probe[p->nr];
	*v = (struct kpc_userprobe){
		.name = strdup(name),
		.types = strdup(types),
		.is_return = f->spec->is_return,
	};
	p->nr++;
	return v->name && v->types ? v : NULL;
}

static int add_place(const struct finder *f, const char *name,
		     const char *types, const struct kpc_userplace *place,
		     const char *args)
{
	struct kpc_userprobe *probe = find_probe(f, name, types);
	struct kpc_userplace *v;

	if (!probe && f->probes->nr == KPC_USERPROBES_MAX)
		return kpc_fail(f->error, f->error_size, -E2BIG,
				"more than %d probes of %s match",
				KPC_USERPROBES_MAX, f->probes->path);
	if (!probe)
		probe = add_probe(f, name, types);
	if (!probe)
		return no_memory(f);
	for (uint32_t i = 0; i < probe->nr; i++)
		if (probe->place[i].offset == place->offset)
			return 0;
	if (probe->nr == KPC_USERPROBE_PLACES)
		return kpc_fail(f->error, f->error_size, -E2BIG,
				"%s has more than %d places in %s", name,
				KPC_USERPROBE_PLACES, f->probes->path);
	if (strlen(f->probes->path) + strlen(args) > LINE_MAX)
		return kpc_fail(f->error, f->error_size, -E2BIG,
				"the kernel has no room for the arguments of "
				"%s",
				name);
	v = realloc(probe->place, (probe->nr + 1) * sizeof(*v));
	if (!v)
		return no_memory(f);
	probe->place = v;
	v = &v[probe->nr];
	*v = *place;
	v->args = strdup(args);
	if (!v->args)
		return no_memory(f);
	probe->nr++;
	return 0;
}

void kpc_userprobes_uninit(struct kpc_userprobes *p)
{
	for (uint32_t i = 0; i < p->nr; i++) {
		for (uint32_t j = 0; j < p->probe[i].nr; j++)
			free(p->probe[i].place[j].args);
		free(p->probe[i].place);
		free(p->probe[i].name);
		free(p->probe[i].types);
	}
	free(p->probe);
	free(p->path);
	kpc_buf_uninit(&p->notes);
	*p = (struct kpc_userprobes){ 0 };
}

void kpc_userprobe_line(const struct kpc_userprobe *probe, const char *path,
			uint32_t i, const char *name, struct kpc_buf *out)
{
	const struct kpc_userplace *place = &probe->place[i];

	add_text(out, "%c:%s ", probe->is_return ? 'r' : 'p', name);
	kpc_buf_add(out, path, strlen(path));
	add_text(out, ":%#" PRIx64, place->offset);
	if (place->semaphore)
		add_text(out, "(%#" PRIx64 ")", place->semaphore);
	if (*place->args)
		kpc_buf_add(out, " ", 1);
	kpc_buf_add(out, place->args, strlen(place->args));
}

/* ---- functions and offsets ----------------------------------------------- */

/* FILE:FUNCTION+0x4__return */
static int name_probe(const struct finder *f, char **name)
{
	const struct kpc_userspec *spec = f->spec;
	const char *slash = strrchr(spec->file, '/');
	const char *file = slash ? slash + 1 : spec->file;
	const char *tail = spec->is_return ? RETURN_SUFFIX : "";
	int bytes;

	if (!spec->name)
		bytes = asprintf(name, "%s:%#" PRIx64 "%s", file, spec->offset,
				 tail);
	else if (spec->has_offset)
		bytes = asprintf(name, "%s:%s+%#" PRIx64 "%s", file, spec->name,
				 spec->offset, tail);
	else
		bytes = asprintf(name, "%s:%s%s", file, spec->name, tail);
	return bytes < 0 ? no_memory(f) : 0;
}

/* An address that was taken for an offset is the likeliest slip. */
static int refuse_offset(const struct finder *f, uint64_t offset)
{
	uint64_t meant;

	if (!f->spec->name && kpc_elffile_offset(f->file, offset, &meant) &&
	    meant != offset)
		return kpc_fail(f->error, f->error_size, -EINVAL,
				"the offset %#" PRIx64 " of %s is no code; if "
				"it is an address, its offset in the file is "
				"%#" PRIx64,
				offset, f->probes->path, meant);
	if (offset >= f->file->bytes)
		return kpc_fail(f->error, f->error_size, -EINVAL,
				"the offset %#" PRIx64 " is behind the end of "
				"%s, which has %#" PRIx64 " bytes",
				offset, f->probes->path, f->file->bytes);
	return kpc_fail(f->error, f->error_size, -EINVAL,
			"the offset %#" PRIx64 " of %s is no code", offset,
			f->probes->path);
}

static int add_offset(const struct finder *f, const char *name, uint64_t offset)
{
	const struct kpc_elffile_segment *segment =
		kpc_elffile_segment(f->file, offset);
	const struct kpc_userplace place = {
		.offset = offset,
		.semaphore = f->spec->semaphore,
	};

	if (!segment || !segment->is_text)
		return refuse_offset(f, offset);
	if (place.semaphore >= f->file->bytes)
		return kpc_fail(f->error, f->error_size, -EINVAL,
				"the semaphore's offset %#" PRIx64 " is behind "
				"the end of %s, which has %#" PRIx64 " bytes",
				place.semaphore, f->probes->path,
				f->file->bytes);
	return add_place(f, name, "", &place,
			 f->spec->args ? f->spec->args : "");
}

static int add_function(const struct finder *f, const char *name)
{
	const struct kpc_userspec *spec = f->spec;
	struct kpc_elfsym_places places;
	uint64_t offset;
	int err = kpc_elfsyms_functions(f->file, spec->name, &places, f->error,
					f->error_size);

	if (err)
		return err;
	if (spec->has_offset && places.bytes && spec->offset >= places.bytes)
		return kpc_fail(f->error, f->error_size, -EINVAL,
				"%s of %s has %" PRIu64 " bytes: there is no "
				"%s+%#" PRIx64,
				spec->name, f->probes->path, places.bytes,
				spec->name, spec->offset);
	if (spec->is_return && spec->offset)
		return kpc_fail(f->error, f->error_size, -EINVAL,
				"a return is caught at the function's entry: "
				"there, and not at %s+%#" PRIx64
				", it is where the program is to return to",
				spec->name, spec->offset);
	if (places.is_chooser)
		add_text(&f->probes->notes,
			 "%s of %s only chooses, when a program starts, which "
			 "function it is to be: the probe is on that choice\n",
			 spec->name, f->probes->path);
	if (places.nr > 1)
		add_text(&f->probes->notes,
			 "%s has %u functions called %s: all of them are "
			 "probed\n",
			 f->probes->path, places.nr, spec->name);
	for (uint32_t i = 0; !err && i < places.nr; i++) {
		if (!kpc_elffile_offset(f->file, places.address[i], &offset))
			return kpc_fail(f->error, f->error_size, -EBADMSG,
					"%s is damaged: its %s is at %#" PRIx64
					", where it has nothing",
					f->probes->path, spec->name,
					places.address[i]);
		err = add_offset(f, name, offset + spec->offset);
	}
	return err;
}

static int add_code(const struct finder *f, const char *given)
{
	char *name = NULL;
	int err = given ? 0 : name_probe(f, &name);

	if (err)
		return err;
	if (f->spec->name)
		err = add_function(f, given ? given : name);
	else
		err = add_offset(f, given ? given : name, f->spec->offset);
	free(name);
	return err;
}

/* ---- USDT ---------------------------------------------------------------- */

#define SHOWN_MAX 60 /* of an argument that isn't understood */

/* Once for each argument, however many places it has. */
static void note_left_out(const struct finder *f, const char *name,
			  uint32_t number, const struct kpc_usdtarg *arg)
{
	struct kpc_buf *notes = &f->probes->notes;
	char line[512];
	size_t bytes = snprintf(
		line, sizeof(line),
		"arg%u of %s is left out: it is in %.*s, and "
		"%s\n",
		number, name,
		arg->text_bytes < SHOWN_MAX ? (int)arg->text_bytes : SHOWN_MAX,
		arg->text, arg->reason);

	if (bytes >= sizeof(line)) {
		bytes = sizeof(line) - 1;
		line[bytes - 1] = '\n';
	}
	if (!notes->used || !memmem(notes->data, notes->used, line, bytes))
		kpc_buf_add(notes, line, bytes);
}

/* "arg1=%di:s64 …", and "arg1:s64 …" to compare. */
static int fetch_args(const struct finder *f, const char *name,
		      const struct kpc_usdt_note *note, struct kpc_buf *args,
		      struct kpc_buf *types)
{
	const char *text = note->arguments;
	struct kpc_buf fetch = { 0 };
	struct kpc_usdtarg arg;

	for (uint32_t n = 1; kpc_usdtarg_next(&text, &arg); n++) {
		const char *type = kpc_usdtarg_type(&arg);

		kpc_buf_reset(&fetch);
		if (!kpc_usdtarg_fetch(&arg, f->file, note->address, &fetch)) {
			note_left_out(f, name, n, &arg);
			continue;
		}
		add_text(args, "%sarg%u=", args->used ? " " : "", n);
		kpc_buf_add(args, fetch.data, fetch.used);
		add_text(args, ":%s", type);
		add_text(types, "arg%u:%s ", n, type);
	}
	kpc_buf_add(args, "", 1);
	kpc_buf_add(types, "", 1);
	kpc_buf_uninit(&fetch);
	return args->error || types->error ? no_memory(f) : 0;
}

static int place_note(const struct finder *f, const struct kpc_usdt_note *note,
		      const char *name, struct kpc_userplace *place)
{
	const struct kpc_elffile_segment *segment;

	segment = kpc_elffile_offset(f->file, note->address, &place->offset) ?
			  kpc_elffile_segment(f->file, place->offset) :
			  NULL;
	if (!segment || !segment->is_text)
		return kpc_fail(f->error, f->error_size, -EBADMSG,
				"the probe %s of %s is at %#" PRIx64
				", where the file has no code",
				name, f->probes->path, note->address);
	if (note->semaphore &&
	    !kpc_elffile_offset(f->file, note->semaphore, &place->semaphore))
		return kpc_fail(f->error, f->error_size, -EBADMSG,
				"the semaphore of the probe %s is missing in "
				"%s: it is said to be at %#" PRIx64
				", where the file has nothing, and without it "
				"the program doesn't reach the probe",
				name, f->probes->path, note->semaphore);
	return 0;
}

static int add_note(const struct finder *f, const struct kpc_usdt_note *note,
		    const char *name)
{
	struct kpc_userplace place = { 0 };
	struct kpc_buf args = { 0 }, types = { 0 };
	int err = place_note(f, note, name, &place);

	if (!err)
		err = fetch_args(f, name, note, &args, &types);
	if (!err)
		err = add_place(f, name, (char *)types.data, &place,
				(char *)args.data);
	kpc_buf_uninit(&args);
	kpc_buf_uninit(&types);
	return err;
}

static int take_note(void *ctx, const struct kpc_usdt_note *note)
{
	struct finder *f = ctx;
	const struct kpc_userspec *spec = f->spec;
	char *name;
	int err;

	f->found++;
	kpc_nearmiss_offer(&f->near, note->name);
	if (fnmatch(spec->name, note->name, 0) ||
	    (spec->provider && fnmatch(spec->provider, note->provider, 0)))
		return 0;
	if (asprintf(&name, "%s:%s", note->provider, note->name) < 0)
		return no_memory(f);
	err = add_note(f, note, name);
	free(name);
	return err;
}

/* Without a provider, the probe of that name may be of several. */
static int check_unambiguous(const struct finder *f)
{
	const struct kpc_userprobe *v = f->probes->probe;

	if (f->spec->provider || strpbrk(f->spec->name, "*?["))
		return 0;
	for (uint32_t i = 1; i < f->probes->nr; i++)
		if (strcmp(v[i].name, v[0].name))
			return kpc_fail(f->error, f->error_size, -EINVAL,
					"several probes of %s are called %s: "
					"say usdt:%s:%s or usdt:%s:%s",
					f->probes->path, f->spec->name,
					f->spec->file, v[0].name, f->spec->file,
					v[i].name);
	return 0;
}

static int no_usdt(const struct finder *f)
{
	const struct kpc_userspec *spec = f->spec;
	char text[KPC_NEARMISS_TEXT];

	if (!f->found)
		return kpc_fail(f->error, f->error_size, -ENOENT,
				"%s has no USDT probes: it was built without "
				"them (<sys/sdt.h>)",
				f->probes->path);
	return kpc_fail(f->error, f->error_size, -ENOENT,
			"%s has no USDT probe %s%s%s%s", f->probes->path,
			spec->provider ? spec->provider : "",
			spec->provider ? ":" : "", spec->name,
			kpc_nearmiss_text(&f->near, text, sizeof(text)));
}

/* Those of one name together, in the order of the notes. */
static int by_name(const void *a, const void *b)
{
	const struct kpc_userprobe *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int add_usdt(struct finder *f)
{
	int err;

	kpc_nearmiss_init(&f->near, f->spec->name);
	err = kpc_usdt_walk(f->file, take_note, f);
	if (err == -EBADMSG && !(f->error && *f->error))
		return kpc_fail(f->error, f->error_size, err,
				"%s is cut or damaged: the notes of its USDT "
				"probes make no sense",
				f->probes->path);
	if (err)
		return err;
	if (!f->probes->nr)
		return no_usdt(f);
	qsort(f->probes->probe, f->probes->nr, sizeof(*f->probes->probe),
	      by_name);
	return check_unambiguous(f);
}

/* ---- both ---------------------------------------------------------------- */

int kpc_userprobes_of_file(struct kpc_userprobes *probes,
			   const struct kpc_userspec *spec, const char *name,
			   const struct kpc_elffile *file, char *error,
			   size_t error_size)
{
	struct finder f = {
		.probes = probes,
		.spec = spec,
		.file = file,
		.error = error,
		.error_size = error_size,
	};
	int err;

	if (error && error_size)
		*error = '\0';
	err = spec->is_usdt ? add_usdt(&f) : add_code(&f, name);
	if (!err && probes->notes.error)
		err = no_memory(&f);
	return err;
}

int kpc_userprobes_find(struct kpc_userprobes *probes,
			const struct kpc_userspec *spec, const char *name,
			char *error, size_t error_size)
{
	struct kpc_elffile file;
	int err;

	*probes = (struct kpc_userprobes){ 0 };
	err = kpc_userfile_find(spec->file, &probes->path, error, error_size);
	if (err)
		return err;
	/*
	 * Words end at blanks there, as the kernel's isspace() has them: with the
	 * no-break space of Latin-1, which is in letters of UTF-8. A # begins a
	 * comment.
	 */
	if (strpbrk(probes->path, " \t\n\v\f\r\xa0#"))
		return kpc_fail(error, error_size, -EINVAL,
				"the kernel takes no probes in files with "
				"blanks, # or some letters such as à in their "
				"path: name a link to %s that has none",
				probes->path);
	err = kpc_elffile_open(&file, probes->path, error, error_size);
	if (!err)
		err = kpc_userprobes_of_file(probes, spec, name, &file, error,
					     error_size);
	kpc_elffile_close(&file);
	return err;
}
