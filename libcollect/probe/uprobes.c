// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "pseudofile.h"
#include "target.h"
#include "tracepoint.h"
#include "uprobes.h"

#define GROUP	   "collect_"
#define EVENTS	   "uprobe_events"
#define BUSY_TRIES 50	    /* while the kernel still closes an event */
#define BUSY_NS	   20000000 /* between two of them */
#define DEFINITION 4096	    /* as much as is kept of many places */

/* ---- the file ------------------------------------------------------------ */

static int open_events(const struct kpc_uprobes *u)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/" EVENTS, u->root);
	/* Truncated, it would lose everybody's. */
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* One command, all of it in one write. */
static int command(const struct kpc_uprobes *u, const char *text, size_t bytes)
{
	int fd = open_events(u);
	int err = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, bytes) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int remove_event(const struct kpc_uprobes *u, const char *name)
{
	static const struct timespec wait = { .tv_nsec = BUSY_NS };
	char text[256];
	int bytes = snprintf(text, sizeof(text), "-:%s\n", name);
	int err = command(u, text, bytes);

	for (int i = 0; err == -EBUSY && i < BUSY_TRIES; i++) {
		nanosleep(&wait, NULL);
		err = command(u, text, bytes);
	}
	return err;
}

/* ---- what others left ---------------------------------------------------- */

/* What all groups of this pid namespace begin with. */
static void own_group(char *group, size_t size)
{
	struct stat ns;

	if (kpc_target_ids_are_initial() || stat("/proc/self/ns/pid", &ns))
		snprintf(group, size, GROUP);
	else
		snprintf(group, size, GROUP "n%jx_", (uintmax_t)ns.st_ino);
}

/* "p:collect_123/name …" */
pid_t kpc_uprobes_owner(const char *line, const char *group)
{
	size_t bytes = strlen(group);
	char *end;
	long pid;

	if ((*line != 'p' && *line != 'r') || line[1] != ':' ||
	    strncmp(line + 2, group, bytes) ||
	    !isdigit((unsigned char)line[2 + bytes]))
		return 0;
	errno = 0;
	pid = strtol(line + 2 + bytes, &end, 10);
	return *end == '/' && !errno && pid <= INT_MAX ? pid : 0;
}

static bool is_gone(pid_t pid)
{
	return pid && kill(pid, 0) && errno == ESRCH;
}

/* One event may have several lines: what is removed already isn't there again. */
static void remove_stale(const struct kpc_uprobes *u)
{
	char path[PATH_MAX], name[256], group[64];
	char *text, *line, *rest;
	size_t bytes;

	own_group(group, sizeof(group));
	snprintf(path, sizeof(path), "%s/" EVENTS, u->root);
	if (kpc_pseudofile_load(path, &text, &bytes))
		return;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (!is_gone(kpc_uprobes_owner(line, group)))
			continue;
		snprintf(name, sizeof(name), "-:%.*s\n",
			 (int)strcspn(line + 2, " "), line + 2);
		command(u, name, strlen(name));
	}
	free(text);
}

/* ---- open and close ------------------------------------------------------ */

int kpc_uprobes_open(struct kpc_uprobes *u, const char *root, char *error,
		     size_t error_size)
{
	int fd;

	*u = (struct kpc_uprobes){ .root = root };
	fd = open_events(u);
	if (fd == -ENOENT)
		return kpc_fail(
			error, error_size, fd,
			"this kernel has no user-space probes "
			"(CONFIG_UPROBE_EVENTS): there is no %s/" EVENTS,
			root);
	if (fd == -EACCES || fd == -EPERM)
		return kpc_fail(error, error_size, fd,
				"no permission to probe programs, which is "
				"done by %s/" EVENTS ": run as root",
				root);
	if (fd < 0)
		return kpc_fail(error, error_size, fd,
				"cannot open %s/" EVENTS ": %s", root,
				strerror(-fd));
	close(fd);
	remove_stale(u);
	return 0;
}

void kpc_uprobes_close(struct kpc_uprobes *u)
{
	for (uint32_t i = 0; i < u->nr; i++) {
		remove_event(u, u->name[i]);
		free(u->name[i]);
	}
	free(u->name);
	*u = (struct kpc_uprobes){ 0 };
}

/* ---- names --------------------------------------------------------------- */

/* A C identifier of what there is of the trace's name, none twice. */
static int make_name(struct kpc_uprobes *u, const char *hint)
{
	static atomic_uint serial;
	char **names = realloc(u->name, (u->nr + 1) * sizeof(*names));
	const char *colon = strrchr(hint, ':');
	char *name, group[64];

	if (!names)
		return -ENOMEM;
	u->name = names;
	own_group(group, sizeof(group));
	if (asprintf(&name, "%s%d/%.40s_%u", group, (int)getpid(),
		     colon ? colon + 1 : hint,
		     atomic_fetch_add(&serial, 1) + 1) < 0)
		return -ENOMEM;
	for (char *c = strchr(name, '/') + 1; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	if (isdigit((unsigned char)strchr(name, '/')[1]))
		strchr(name, '/')[1] = '_';
	u->name[u->nr++] = name;
	return 0;
}

/* ---- the kernel's reasons ------------------------------------------------ */

#define COMMAND "\n  Command: "
#define REASON	"error: "

bool kpc_uprobes_reason(const char *log, const char *command, char *text,
			size_t size)
{
	const char *at = log, *found = NULL, *begin, *caret;
	size_t bytes = strlen(command);

	while ((at = strstr(at, COMMAND))) {
		at += strlen(COMMAND);
		if (!strncmp(at, command, bytes) && at[bytes] == '\n')
			found = at;
	}
	if (!found)
		return false;
	begin = found - strlen(COMMAND);
	while (begin > log && begin[-1] != '\n')
		begin--;
	at = strstr(begin, REASON);
	begin = at && at < found ? at + strlen(REASON) : begin;
	caret = found + bytes + 1;
	/* Below the command, where "  Command: " isn't before it. */
	at = caret + strspn(caret, " ");
	snprintf(text, size, "%.*s\n  %s\n  %*s^",
		 (int)(found - strlen(COMMAND) - begin), begin, command,
		 *at == '^' && at - caret >= (int)strlen(COMMAND) - 1 ?
			 (int)(at - caret - (strlen(COMMAND) - 1)) :
			 0,
		 "");
	return true;
}

static int refused(const struct kpc_uprobes *u, int err, const char *what,
		   const char *line, char *error, size_t error_size)
{
	char path[PATH_MAX], reason[KPC_ERROR_BYTES];
	char *log = NULL;
	size_t bytes;
	bool said;

	snprintf(path, sizeof(path), "%s/error_log", u->root);
	said = !kpc_pseudofile_load(path, &log, &bytes) &&
	       kpc_uprobes_reason(log, line, reason, sizeof(reason));
	free(log);
	if (said)
		return kpc_fail(error, error_size, err,
				"the kernel refuses the probe %s: %s", what,
				reason);
	if (err == -EACCES || err == -EPERM)
		return kpc_fail(error, error_size, err,
				"no permission for the probe %s (kernel "
				"lockdown forbids it to all)",
				what);
	return kpc_fail(error, error_size, err,
			"the kernel refuses the probe %s: %s\n  %s", what,
			strerror(-err), line);
}

/* ---- defining ------------------------------------------------------------ */

static int define_place(const struct kpc_uprobes *u,
			const struct kpc_userprobe *probe, const char *path,
			uint32_t i, char *error, size_t error_size)
{
	struct kpc_buf line = { 0 };
	int err;

	kpc_userprobe_line(probe, path, i, u->name[u->nr - 1], &line);
	kpc_buf_add(&line, "\n", 2);
	if (line.error) {
		kpc_buf_uninit(&line);
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	err = command(u, (char *)line.data, line.used - 1);
	line.data[line.used - 2] = '\0';
	if (err)
		refused(u, err, probe->name, (char *)line.data, error,
			error_size);
	kpc_buf_uninit(&line);
	return err;
}

/* All its lines as they are in the trace, with the name that it has there. */
static char *definition_of(const struct kpc_userprobe *probe, const char *path)
{
	struct kpc_buf text = { 0 };

	for (uint32_t i = 0; i < probe->nr && text.used < DEFINITION; i++) {
		if (i)
			kpc_buf_add(&text, "; ", 2);
		kpc_userprobe_line(probe, path, i, probe->name, &text);
	}
	kpc_buf_add(&text, "", 1);
	if (text.error)
		kpc_buf_uninit(&text);
	return (char *)text.data;
}

/* "NAME=0x%Lx" in the kernel's print format: that's how it is meant to be read. */
static bool is_hex(const struct kpc_event *event, const char *name)
{
	size_t bytes = strlen(name);
	const char *at = event->print_fmt;

	while (at && (at = strstr(at, name))) {
		if (!strncmp(at + bytes, "=0x%", 4) && at != event->print_fmt &&
		    at[-1] == ' ')
			return true;
		at += bytes;
	}
	return false;
}

/* Where it was hit isn't an argument; see -g. */
static void shape_fields(struct kpc_event *event)
{
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		struct kpc_field *field = &event->fields[i];

		if (field->common)
			continue;
		/* An empty one has its NUL, one that can't be read nothing. */
		field->faults = field->dynamic &&
				field->kind == KPC_FIELD_STRING;
		field->common = !strncmp(field->name, "__probe_", 8);
		if (field->kind == KPC_FIELD_UNSIGNED &&
		    (field->common || is_hex(event, field->name)))
			field->kind = KPC_FIELD_HEX;
	}
}

static int describe(const struct kpc_uprobes *u,
		    const struct kpc_userprobe *probe, const char *path,
		    struct kpc_event *event, uint64_t *id, char *error,
		    size_t error_size)
{
	char group[64];
	const char *name = u->name[u->nr - 1];
	const char *slash = strchr(name, '/');
	int err;

	snprintf(group, sizeof(group), "%.*s", (int)(slash - name), name);
	err = kpc_tracepoint_load(event, id, u->root, group, slash + 1, error,
				  error_size);
	if (err)
		return err;
	shape_fields(event);
	event->source = KPC_SOURCE_UPROBE;
	free(event->name);
	event->name = strdup(probe->name);
	event->definition = definition_of(probe, path);
	return event->name && event->definition ?
		       0 :
		       kpc_fail(error, error_size, -ENOMEM, "out of memory");
}

int kpc_uprobes_define(struct kpc_uprobes *u, const struct kpc_userprobe *probe,
		       const char *path, struct kpc_event *event, uint64_t *id,
		       char *error, size_t error_size)
{
	int err = make_name(u, probe->name);

	if (err)
		return kpc_fail(error, error_size, err, "out of memory");
	for (uint32_t i = 0; !err && i < probe->nr; i++)
		err = define_place(u, probe, path, i, error, error_size);
	return err ? err :
		     describe(u, probe, path, event, id, error, error_size);
}
