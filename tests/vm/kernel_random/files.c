// SPDX-License-Identifier: GPL-2.0-only
#include "random.h"

/*
 * To its end, or a megabyte: trace_pipe has none while each read of it is a hit
 * of an enabled probe.
 */
static int slurp(const char *path)
{
	unsigned int left = 256;
	char buf[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 && --left);
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

int spill(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

void do_list(struct worker *w)
{
	static const char *const paths[] = {
		KPX_DEVICE,
		"/sys/kernel/debug/kprobex/stats",
		"/sys/kernel/debug/kprobex/error_log",
		"/sys/kernel/debug/kprobes/list",
		EVENTS "rnd1",
		EVENTS "vfs_write",
	};
	const char *path = paths[below(w, ARRAY_SIZE(paths))];

	/* rnd1 may be gone, or go while it's read */
	note(LISTED, slurp(path), ERRORS(ENOENT, ENODEV), path);
}

void do_describe(struct worker *w)
{
	struct kpx_field fields[8];
	struct kpx_describe desc = { .size = sizeof(desc) };
	struct kpx_stats stats;
	char text[64];

	desc.id = pick_id(w) ?: 1;
	desc.fields = (uintptr_t)fields;
	desc.fields_max = below(w, 9);
	desc.field_size = sizeof(fields[0]);
	desc.text = (uintptr_t)text;
	desc.text_size = below(w, sizeof(text) + 1);
	note(DESCRIBED, ioctl(w->dev, KPX_IOC_DESCRIBE, &desc) ? -errno : 0,
	     ERRORS(ENOENT), "ioctl");
	note(STATS, probe_stats(w->dev, pick_id(w) ?: 1, &stats),
	     ERRORS(ENOENT), "ioctl");
}

void do_face(struct worker *w)
{
	static const char *const filters[] = { "n > 3", "n == 1", "0" };
	unsigned int name = below(w, NAMES);
	char path[128];

	snprintf(path, sizeof(path), TRACING "rnd%u/%s", name,
		 one_in(w, 3) ? "filter" : "enable");
	if (path[strlen(path) - 1] == 'r')
		/* EINVAL: this one has no n */
		note(FILTER, spill(path, filters[below(w, 3)]),
		     ERRORS(ENOENT, ENODEV, EINVAL), path);
	else
		note(FACE, spill(path, one_in(w, 2) ? "1" : "0"),
		     ERRORS(ENOENT, ENODEV), path);
	snprintf(path, sizeof(path), TRACING "rnd%u/format", name);
	slurp(path);
	slurp("/sys/kernel/tracing/trace_pipe");
}

/* Our own descriptors hold the module. */
void do_unload(struct worker *w)
{
	int ret = syscall(SYS_delete_module, "kprobex", O_NONBLOCK);

	(void)w;
	CHECK(ret && (errno == EWOULDBLOCK || errno == EBUSY), "rmmod: %s",
	      ret ? strerror(errno) : "done");
	note(UNLOAD, 0, ERRORS(0), "");
}

void survey_files(void)
{
	tally[FACE].works = !access(TRACING "vfs_write/enable", W_OK);
	tally[FILTER].works = tally[FACE].works;
}
