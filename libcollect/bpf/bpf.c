// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf.h"
#include "bpflink.h"
#include "bpfspec.h"
#include "fail.h"

#define LIST_BYTES 256

/* ---- sections ------------------------------------------------------------ */

/* @section is @word, or @word and a "/". */
static bool is_kind(const char *section, const char *word)
{
	size_t n = strlen(word);

	section += *section == '?'; /* libbpf's: not unless it's asked for */
	return !strncmp(section, word, n) && (!section[n] || section[n] == '/');
}

bool kpc_bpf_is_return(const char *section)
{
	return is_kind(section, "kretprobe") || is_kind(section, "kretsyscall");
}

bool kpc_bpf_is_for_probes(const char *section)
{
	return kpc_bpf_is_return(section) || is_kind(section, "kprobe") ||
	       is_kind(section, "ksyscall");
}

/* ---- objects ------------------------------------------------------------- */

/* libbpf's errors beyond errno's aren't ours. */
static int converted(int err)
{
	return err <= -__LIBBPF_ERRNO__START ? -EINVAL : err;
}

static const char *reason(int err, char text[128])
{
	if (libbpf_strerror(err, text, 128))
		snprintf(text, 128, "error %d", -err);
	return text;
}

static int no_file(const char *path, int err, char *error, size_t error_size)
{
	return kpc_fail(error, error_size, err,
			"cannot read the BPF object %s: %s", path,
			strerror(-err));
}

static int open_failed(const struct kpc_bpf *bpf, const char *path, int err,
		       char *error, size_t error_size)
{
	char text[128];

	if (err == -EACCES)
		return no_file(path, err, error, error_size);
	/* The file is there; libbpf says so if there's no BTF in it. */
	if (err == -ENOENT)
		err = -EINVAL;
	return kpc_fail(error, error_size, converted(err),
			"cannot read the BPF object %s: %s; it should be what "
			"clang -O2 -g -target bpf -c makes",
			path,
			*bpf->log.first ? bpf->log.first : reason(err, text));
}

static int open_object(struct kpc_bpf *bpf, const char *path,
		       const struct stat *st, char *error, size_t error_size)
{
	struct kpc_bpf_object *objects =
		realloc(bpf->object, (bpf->nr_objects + 1) * sizeof(*objects));
	struct kpc_bpf_object *o;
	int err = 0;

	if (!objects)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	bpf->object = objects;
	o = &objects[bpf->nr_objects];
	*o = (struct kpc_bpf_object){
		.path = strdup(path),
		.dev = st->st_dev,
		.ino = st->st_ino,
	};
	if (!o->path)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	bpf->nr_objects++;
	kpc_bpflog_begin(&bpf->log);
	o->object = bpf_object__open_file(path, NULL);
	if (!o->object)
		err = -errno;
	kpc_bpflog_end();
	if (err)
		return open_failed(bpf, path, err, error, error_size);
	return kpc_bpfmaps_add(&bpf->maps, o->object, error, error_size);
}

/* The number of the object, opened now or before. */
static int find_object(struct kpc_bpf *bpf, const char *path, char *error,
		       size_t error_size)
{
	struct stat st;
	int err;

	if (stat(path, &st))
		return no_file(path, -errno, error, error_size);
	for (uint32_t i = 0; i < bpf->nr_objects; i++)
		if (bpf->object[i].dev == st.st_dev &&
		    bpf->object[i].ino == st.st_ino)
			return i;
	err = open_object(bpf, path, &st, error, error_size);
	return err ? err : (int)bpf->nr_objects - 1;
}

/* ---- choosing ------------------------------------------------------------ */

static int choose(struct kpc_bpf *bpf, struct bpf_program *program,
		  uint32_t object, uint64_t cookie, char *error,
		  size_t error_size)
{
	struct kpc_bpf_program *programs;

	for (uint32_t i = 0; i < bpf->nr_programs; i++)
		if (bpf->program[i].program == program)
			return kpc_fail(error, error_size, -EINVAL,
					"--bpf: the program %s of %s is asked "
					"for twice; a probe has a program once",
					bpf_program__name(program),
					bpf->object[object].path);
	programs = realloc(bpf->program,
			   (bpf->nr_programs + 1) * sizeof(*programs));
	if (!programs)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	bpf->program = programs;
	programs[bpf->nr_programs++] = (struct kpc_bpf_program){
		.program = program,
		.object = object,
		.cookie = cookie,
	};
	/* Of a section that begins with "?". */
	bpf_program__set_autoload(program, true);
	return 0;
}

static bool is_named(const struct bpf_program *program, const char *name)
{
	const char *section = bpf_program__section_name(program);

	return !strcmp(bpf_program__name(program), name) ||
	       !strcmp(section + (*section == '?'), name);
}

/* What there is, as "SECTION (FUNCTION), …". */
static void list_programs(const struct bpf_object *object,
			  char text[LIST_BYTES])
{
	struct bpf_program *program;
	size_t used = 0;

	*text = '\0';
	bpf_object__for_each_program(program, object)
	{
		const char *section = bpf_program__section_name(program);

		used += snprintf(text + used, LIST_BYTES - used, "%s%s (%s)",
				 used ? ", " : "", section,
				 bpf_program__name(program));
		if (used >= LIST_BYTES) {
			strcpy(text + LIST_BYTES - 4, "...");
			return;
		}
	}
	if (!used)
		strcpy(text, "none");
}

static int not_for_probes(const struct bpf_program *program, const char *path,
			  char *error, size_t error_size)
{
	return kpc_fail(error, error_size, -EINVAL,
			"the program %s of %s (section %s) is of type %s, not "
			"kprobe: it can't be on a probe",
			bpf_program__name(program), path,
			bpf_program__section_name(program),
			libbpf_bpf_prog_type_str(bpf_program__type(program)));
}

static int choose_named(struct kpc_bpf *bpf, uint32_t object,
			const struct kpc_bpfspec *spec, char *error,
			size_t error_size)
{
	const struct kpc_bpf_object *o = &bpf->object[object];
	uint32_t before = bpf->nr_programs;
	struct bpf_program *program;
	char list[LIST_BYTES];
	int err;

	bpf_object__for_each_program(program, o->object)
	{
		if (!is_named(program, spec->program))
			continue;
		if (bpf_program__type(program) != BPF_PROG_TYPE_KPROBE)
			return not_for_probes(program, o->path, error,
					      error_size);
		err = choose(bpf, program, object, spec->cookie, error,
			     error_size);
		if (err)
			return err;
	}
	if (bpf->nr_programs > before)
		return 0;
	list_programs(o->object, list);
	return kpc_fail(error, error_size, -ENOENT,
			"%s has no section or function %s; it has: %s", o->path,
			spec->program, list);
}

static int choose_all(struct kpc_bpf *bpf, uint32_t object, uint64_t cookie,
		      char *error, size_t error_size)
{
	const struct kpc_bpf_object *o = &bpf->object[object];
	uint32_t before = bpf->nr_programs;
	struct bpf_program *program;
	char list[LIST_BYTES];
	int err;

	bpf_object__for_each_program(program, o->object)
	{
		if (bpf_program__type(program) != BPF_PROG_TYPE_KPROBE ||
		    !bpf_program__autoload(program) ||
		    !kpc_bpf_is_for_probes(bpf_program__section_name(program)))
			continue;
		err = choose(bpf, program, object, cookie, error, error_size);
		if (err)
			return err;
	}
	if (bpf->nr_programs > before)
		return 0;
	list_programs(o->object, list);
	return kpc_fail(error, error_size, -ENOENT,
			"%s has no program for a probe (a section such as "
			"kprobe/FUNCTION); it has: %s",
			o->path, list);
}

static int take_text(struct kpc_bpf *bpf, const char *text, char *error,
		     size_t error_size)
{
	struct kpc_bpfspec spec;
	int err = kpc_bpfspec_parse(&spec, text, error, error_size);
	int object;

	if (!err) {
		object = find_object(bpf, spec.path, error, error_size);
		if (object < 0)
			err = object;
		else if (spec.program)
			err = choose_named(bpf, object, &spec, error,
					   error_size);
		else
			err = choose_all(bpf, object, spec.cookie, error,
					 error_size);
	}
	kpc_bpfspec_uninit(&spec);
	return err;
}

/* ---- loading ------------------------------------------------------------- */

static int load_failed(const struct kpc_bpf *bpf, const char *path, int err,
		       char *error, size_t error_size)
{
	char text[128];

	/* The verifier's answer can be EACCES, too. */
	if (*bpf->log.verifier)
		return kpc_fail(error, error_size, converted(err),
				"the kernel's verifier refuses a program of "
				"%s (%s); the end of its log:\n%s",
				path, reason(err, text), bpf->log.verifier);
	if (err == -EPERM || err == -EACCES)
		return kpc_fail(error, error_size, err,
				"no permission to load the BPF object %s: it "
				"takes root, or CAP_BPF and CAP_PERFMON",
				path);
	return kpc_fail(error, error_size, converted(err),
			"cannot load the BPF object %s: %s%s%s", path,
			reason(err, text), *bpf->log.first ? ": " : "",
			bpf->log.first);
}

static int load_object(struct kpc_bpf *bpf, const struct kpc_bpf_object *o,
		       char *error, size_t error_size)
{
	int err;

	kpc_bpflog_begin(&bpf->log);
	err = bpf_object__load(o->object);
	kpc_bpflog_end();
	return err ? load_failed(bpf, o->path, err, error, error_size) : 0;
}

int kpc_bpf_load(struct kpc_bpf *bpf, const char *const *texts, char *error,
		 size_t error_size)
{
	int err = 0;

	for (; !err && *texts; texts++)
		err = take_text(bpf, *texts, error, error_size);
	for (uint32_t i = 0; !err && i < bpf->nr_objects; i++)
		err = load_object(bpf, &bpf->object[i], error, error_size);
	if (!err)
		kpc_bpfmaps_loaded(&bpf->maps);
	return err;
}

/* ---- attaching ----------------------------------------------------------- */

/* There are both kinds of programs, and both kinds of probes. */
static bool go_by_kind(const struct kpc_bpf *bpf,
		       const struct kpc_bpf_probe *probes, uint32_t nr)
{
	uint32_t programs = 0, returns = 0;

	for (uint32_t i = 0; i < bpf->nr_programs; i++)
		programs += kpc_bpf_is_return(
			bpf_program__section_name(bpf->program[i].program));
	for (uint32_t i = 0; i < nr; i++)
		returns += probes[i].is_return;
	return programs && programs < bpf->nr_programs && returns &&
	       returns < nr;
}

static int attach(struct kpc_bpf *bpf, const struct kpc_kprobex *k,
		  struct kpc_bpf_program *p, const struct kpc_bpf_probe *probe,
		  char *error, size_t error_size)
{
	struct kpc_bpflink_request request = {
		.probe = probe->id,
		.probe_name = probe->name,
		.program_fd = bpf_program__fd(p->program),
		.program_name = bpf_program__name(p->program),
		.cookie = p->cookie,
	};
	int fd = kpc_bpflink_open(k, &request, &p->id, error, error_size);
	int *links;

	if (fd < 0)
		return fd;
	links = realloc(bpf->link, (bpf->nr_links + 1) * sizeof(*links));
	if (!links) {
		close(fd);
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	bpf->link = links;
	links[bpf->nr_links++] = fd;
	return 0;
}

int kpc_bpf_attach(struct kpc_bpf *bpf, const struct kpc_kprobex *k,
		   const struct kpc_bpf_probe *probes, uint32_t nr, char *error,
		   size_t error_size)
{
	bool by_kind = go_by_kind(bpf, probes, nr);
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++) {
		for (uint32_t j = 0; !err && j < bpf->nr_programs; j++) {
			struct kpc_bpf_program *p = &bpf->program[j];
			const char *section =
				bpf_program__section_name(p->program);

			if (by_kind &&
			    kpc_bpf_is_return(section) != probes[i].is_return)
				continue;
			err = attach(bpf, k, p, &probes[i], error, error_size);
		}
	}
	return err;
}

int kpc_bpf_name(const struct kpc_bpf *bpf,
		 struct kpc_program_account *programs, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		for (uint32_t j = 0; j < bpf->nr_programs; j++) {
			const struct kpc_bpf_program *p = &bpf->program[j];
			char *name;

			if (!p->id || p->id != programs[i].id)
				continue;
			name = strdup(bpf_program__name(p->program));
			if (!name)
				return -ENOMEM;
			free(programs[i].name);
			programs[i].name = name;
		}
	}
	return 0;
}

void kpc_bpf_detach(struct kpc_bpf *bpf)
{
	for (uint32_t i = 0; i < bpf->nr_links; i++)
		close(bpf->link[i]);
	bpf->nr_links = 0;
}

void kpc_bpf_uninit(struct kpc_bpf *bpf)
{
	kpc_bpf_detach(bpf);
	free(bpf->link);
	kpc_bpfmaps_uninit(&bpf->maps);
	for (uint32_t i = 0; i < bpf->nr_objects; i++) {
		bpf_object__close(bpf->object[i].object);
		free(bpf->object[i].path);
	}
	free(bpf->object);
	free(bpf->program);
	*bpf = (struct kpc_bpf){ 0 };
}
