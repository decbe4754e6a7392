// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* vasprintf() */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "bpflog.h"

#define LINE_BYTES 512
#define PREFIX	   "libbpf: "
#define LOG_BEGIN  "-- BEGIN PROG LOAD LOG --\n"
#define LOG_END	   "-- END PROG LOAD LOG --"
#define LOG_STATS  "processed " /* "processed N insns …": no reason */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* libbpf may be at work in other threads of the program, too. */
static _Thread_local struct kpc_bpflog *current;
static libbpf_print_fn_t before;

/* The last whole lines of @text that there's room for. */
static void keep_tail(struct kpc_bpflog *log, const char *text, size_t bytes)
{
	const char *start = text, *cut;

	while (bytes && text[bytes - 1] == '\n')
		bytes--;
	if (bytes >= sizeof(log->verifier)) {
		start = text + bytes - sizeof(log->verifier) + 1;
		cut = memchr(start, '\n', text + bytes - start);
		start = cut ? cut + 1 : start;
	}
	bytes -= start - text;
	memcpy(log->verifier, start, bytes);
	log->verifier[bytes] = '\0';
}

static void take_verifier(struct kpc_bpflog *log, const char *text)
{
	const char *end = strstr(text, LOG_END);
	const char *stats = NULL, *at = text;

	/* Of a program that was refused this is the last line. */
	while ((at = strstr(at, LOG_STATS)) != NULL) {
		if (at == text || at[-1] == '\n')
			stats = at;
		at++;
	}
	if (stats && (!end || stats < end))
		end = stats;
	keep_tail(log, text, end ? (size_t)(end - text) : strlen(text));
}

void kpc_bpflog_take(struct kpc_bpflog *log, const char *text)
{
	const char *verifier = strstr(text, LOG_BEGIN);
	char line[LINE_BYTES];

	if (verifier) {
		take_verifier(log, verifier + strlen(LOG_BEGIN));
		return;
	}
	if (!strncmp(text, PREFIX, strlen(PREFIX)))
		text += strlen(PREFIX);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	/* Of a map whose record type isn't for the kernel (see bpfmap). */
	if (!*line || strstr(line, "Retrying without BTF"))
		return;
	if (!*log->first)
		snprintf(log->first, sizeof(log->first), "%.*s",
			 (int)sizeof(log->first) - 1, line);
	if (log->log)
		log->log(log->ctx, line);
}

static int on_print(enum libbpf_print_level level, const char *format,
		    va_list args)
{
	char *text = NULL;

	if (!current)
		return before ? before(level, format, args) : 0;
	if (level != LIBBPF_WARN || vasprintf(&text, format, args) < 0)
		return 0;
	kpc_bpflog_take(current, text);
	free(text);
	return 0;
}

void kpc_bpflog_begin(struct kpc_bpflog *log)
{
	pthread_mutex_lock(&lock);
	*log->first = '\0';
	*log->verifier = '\0';
	current = log;
	before = libbpf_set_print(on_print);
}

void kpc_bpflog_end(void)
{
	libbpf_set_print(before);
	current = NULL;
	pthread_mutex_unlock(&lock);
}
