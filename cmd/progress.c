// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"
#include "quantity.h"

#define SECOND_NS 1000000000ull
#define AGAIN_NS  (SECOND_NS / 5)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static bool is_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) &&
	       (S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(fd)));
}

void progress_begin(struct progress *p, const char *verb,
		    const struct kpc_reader *reader, bool prints)
{
	*p = (struct progress){
		.verb = verb,
		.reader = reader,
		.on = isatty(STDERR_FILENO) &&
		      (!prints || is_file(STDOUT_FILENO)),
		.begun_ns = now_ns(),
	};
	p->due_ns = p->begun_ns + SECOND_NS;
}

/* "collect dump: 45% of 1.2GiB, 1,234,567 events, 812,345/s, 12s left" */
void progress_look(struct progress *p)
{
	struct kpc_reader_health health = { .size = sizeof(health) };
	char bytes[QUANTITY_TEXT], rows[QUANTITY_TEXT], rate[QUANTITY_TEXT];
	char left[QUANTITY_TEXT];
	uint64_t now = now_ns();
	double seconds = (now - p->begun_ns) / 1e9;
	double part;

	if (!p->on || now < p->due_ns)
		return;
	p->due_ns = now + AGAIN_NS;
	kpc_reader_health(p->reader, &health);
	part = health.file_bytes ? (double)kpc_reader_position(p->reader) /
					   health.file_bytes :
				   0;
	fprintf(stderr, "\r\033[Kcollect %s: %.0f%% of %s, %s events, %s/s",
		p->verb, part * 100, quantity_bytes(health.file_bytes, bytes),
		quantity_count(health.rows, rows),
		quantity_rate(health.rows / seconds, rate));
	if (part > 0.01)
		fprintf(stderr, ", %s left",
			quantity_time(seconds / part * (1 - part) * 1e9, left));
	fflush(stderr);
	p->is_shown = true;
}

void progress_end(struct progress *p)
{
	if (p->is_shown)
		fputs("\r\033[K", stderr);
	p->is_shown = false;
	p->on = false;
}
