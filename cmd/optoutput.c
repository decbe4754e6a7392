// SPDX-License-Identifier: GPL-2.0-only
/* Where a recording goes, and what it may take. */
#include <stdlib.h>
#include <string.h>
#define _GNU_SOURCE /* strsep() */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "option.h"
#include "units.h"

#define SECOND_NS	    1000000000ull
#define OVERWRITE_NS_MIN    (SECOND_NS / 100)
#define OVERWRITE_BYTES_MIN (1u << 20)

#define HOUR_NS	    3600000000000ull
#define THREADS_MAX 64

static int check_output(struct options *o, const struct option_desc *desc,
			const char *text)
{
	(void)o;
	(void)desc;
	return *text ? -1 : option_mistake("-o takes the name of a file");
}

/* The library's 0 is its default. */
static int set_reconnect(struct options *o, const struct option_desc *desc,
			 const char *text)
{
	(void)desc;
	(void)text;
	o->session.reconnect_ns = o->reconnect_ns ? o->reconnect_ns :
						    KPC_NEVER_NS;
	return -1;
}

static int take_rotate_term(struct options *o, const char *term)
{
	struct kpc_session_opts *s = &o->session;
	char *end;

	if (!strncmp(term, "size=", 5) &&
	    !units_size(term + 5, &s->rotate_bytes) &&
	    s->rotate_bytes >= KPC_ROTATE_BYTES_MIN)
		return -1;
	if (!strncmp(term, "time=", 5) &&
	    !units_time(term + 5, SECOND_NS, &s->rotate_ns) &&
	    s->rotate_ns >= KPC_ROTATE_NS_MIN)
		return -1;
	if (!strncmp(term, "keep=", 5) && isdigit((unsigned char)term[5])) {
		unsigned long keep = strtoul(term + 5, &end, 10);

		if (!*end && keep && keep <= 1000000) {
			s->rotate_keep = keep;
			return -1;
		}
	}
	return option_mistake(
		"--rotate takes size=SIZE (64K at least), time=TIME (100ms at least) and keep=N, separated by commas, not '%s'",
		term);
}

static int take_rotate(struct options *o, const struct option_desc *desc,
		       const char *text)
{
	char copy[128], *rest = copy, *term;
	int status = -1;

	(void)desc;
	if (strlen(text) >= sizeof(copy))
		return option_mistake("--rotate takes less than that: '%s'",
				      text);
	strcpy(copy, text);
	while (status < 0 && (term = strsep(&rest, ",")) != NULL)
		status = take_rotate_term(o, term);
	if (status < 0 && !o->session.rotate_bytes && !o->session.rotate_ns)
		return option_mistake(
			"--rotate takes size=SIZE, time=TIME, or both: when does a part end?");
	return status;
}

static int take_overwrite_term(struct options *o, const char *term)
{
	struct kpc_session_opts *s = &o->session;

	if (!strncmp(term, "last=", 5) &&
	    !units_time(term + 5, SECOND_NS, &s->overwrite_ns) &&
	    s->overwrite_ns >= OVERWRITE_NS_MIN &&
	    s->overwrite_ns <= 24 * HOUR_NS)
		return -1;
	if (!strncmp(term, "size=", 5) &&
	    !units_size(term + 5, &s->overwrite_bytes) &&
	    s->overwrite_bytes >= OVERWRITE_BYTES_MIN &&
	    s->overwrite_bytes <= 1ull << 40)
		return -1;
	if (!strcmp(term, "end")) {
		s->overwrite_end = true;
		return -1;
	}
	return option_mistake(
		"--overwrite takes last=TIME (10ms to 24h), size=SIZE (1M to 1T) and end, separated by commas, not '%s'",
		term);
}

static int take_overwrite(struct options *o, const struct option_desc *desc,
			  const char *text)
{
	char copy[128], *rest = copy, *term;
	int status = -1;

	(void)desc;
	if (strlen(text) >= sizeof(copy))
		return option_mistake("--overwrite takes less than that: '%s'",
				      text);
	strcpy(copy, text);
	while (status < 0 && (term = strsep(&rest, ",")) != NULL)
		status = take_overwrite_term(o, term);
	if (status < 0 && !o->session.overwrite_ns &&
	    !o->session.overwrite_bytes)
		return option_mistake(
			"--overwrite takes last=TIME, size=SIZE, or both: how much is kept?");
	return status;
}

/* Rings are powers of two of pages. */
static int round_ring(struct options *o, const struct option_desc *desc,
		      const char *text)
{
	uint64_t bytes = sysconf(_SC_PAGESIZE);

	(void)desc;
	(void)text;
	while (bytes < o->session.ring_bytes)
		bytes *= 2;
	o->session.ring_bytes = bytes;
	return -1;
}

static int take_threads(struct options *o, const struct option_desc *desc,
			const char *text)
{
	char *end;
	unsigned long nr = strtoul(text, &end, 10);

	(void)desc;
	if (!strcmp(text, "auto"))
		return -1;
	if (*text < '0' || *text > '9' || *end || !nr || nr > THREADS_MAX)
		return option_mistake(
			"--threads takes auto, or a number from 1 "
			"to %d, not '%s'",
			THREADS_MAX, text);
	o->session.threads = nr;
	return -1;
}

static int take_mmaps(struct options *o, const struct option_desc *desc,
		      const char *text)
{
	(void)desc;
	if (!strcmp(text, "auto"))
		o->session.mmaps = KPC_MMAPS_AUTO;
	else if (!strcmp(text, "yes"))
		o->session.mmaps = KPC_MMAPS_YES;
	else if (!strcmp(text, "no"))
		o->session.mmaps = KPC_MMAPS_NO;
	else
		return option_mistake("--mmaps takes auto, yes or no, not '%s'",
				      text);
	return -1;
}

static int take_level(struct options *o, const struct option_desc *desc,
		      const char *text)
{
	char *end;
	long level = strtol(text, &end, 10);

	(void)desc;
	if (end == text || *end || level < -100 || level > 19)
		return option_mistake("--level takes a number from -100 to 19, "
				      "not '%s'",
				      text);
	o->session.zstd_level = level;
	return -1;
}

static int take_codec(struct options *o, const struct option_desc *desc,
		      const char *text)
{
	(void)desc;
	if (!strcmp(text, "zstd"))
		o->session.codec = KPC_CODEC_ZSTD;
	else if (!strcmp(text, "none"))
		o->session.codec = KPC_CODEC_NONE;
	else
		return option_mistake("--codec takes zstd or none, not '%s'",
				      text);
	return -1;
}

const struct option_desc options_output[] = {
	{
		.letter = 'o',
		.name = "output",
		.value = "FILE",
		.kind = OPTION_TEXT,
		.at = offsetof(struct options, session.output),
		.take = check_output,
		.help = "the trace (default trace.pb; - is standard output);\n"
			"unix:PATH or tcp:HOST:PORT connects to collect receive\n"
			"there, or to anything that reads\n",
	},
	{
		.name = "reconnect",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct options, reconnect_ns),
		.most = 24 * HOUR_NS,
		.bare_ns = 1000000000,
		.take = set_reconnect,
		.help = "a receiver that is lost is tried again for so long, such\n"
			"as 10s (default 1m); 0: not at all\n",
	},
	{
		.name = "rotate",
		.value = "size=SIZE,time=TIME,keep=N",
		.kind = OPTION_OTHER,
		.take = take_rotate,
		.help = "in parts NAME.000001.EXT and so on if FILE is NAME.EXT,\n"
			"each a trace by itself: a new one about when one has SIZE,\n"
			"such as 100M, or after TIME, such as 1h. keep=N: removes\n"
			"the oldest beyond N of that name\n",
	},
	{
		.name = "level",
		.value = "N",
		.kind = OPTION_OTHER,
		.take = take_level,
		.help = "of zstd, -100 to 19 (default 0: the one that suits\n"
			"columns); higher ones make smaller files, and take longer\n",
	},
	{
		.name = "codec",
		.value = "zstd|none",
		.kind = OPTION_OTHER,
		.take = take_codec,
		.help = "how (default zstd); none: least work, and a file of several\n"
			"times the size\n",
	},
	{
		.name = "overwrite",
		.value = "last=TIME,size=SIZE,end",
		.kind = OPTION_OTHER,
		.take = take_overwrite,
		.help = "a flight recorder: keeps only the last TIME, such as 10s,\n"
			"in SIZE of memory (default: as --memory), compressed, and\n"
			"dumps it to NAME.000001.EXT and so on (FILE: NAME.EXT),\n"
			"each a trace by itself: on SIGUSR2, by --trigger, and\n"
			"with end at the end. Without last=: what SIZE holds\n",
	},
	{
		.name = "trigger",
		.value = "'EVENT [if EXPR]'",
		.kind = OPTION_TEXT,
		.at = offsetof(struct options, session.trigger),
		.help = "the first record of EVENT, one of -e, makes a dump, once.\n"
			"EXPR: FIELD OP VALUE; OP is == != < <= > >=, or & (any of\n"
			"these bits), for strings == != and ~ (a glob); &&, ||, !\n"
			"and ( ): collect-filter(7)\n",
	},
	{
		.name = "after",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct options, session.trigger_after_ns),
		.most = 24 * HOUR_NS,
		.bare_ns = SECOND_NS,
		.help = "the trigger's dump is made so long after it, such as 2s\n"
			"(default 0), which is part of last=\n",
	},
	{
		.letter = 'm',
		.name = "ring-size",
		.value = "SIZE",
		.kind = OPTION_SIZE,
		.at = offsetof(struct options, session.ring_bytes),
		.least = 1,
		.most = 1u << 30,
		.take = round_ring,
		.help = "of each CPU's ring, such as 512K or 16M (the default); it\n"
			"is rounded up to a power of two\n",
	},
	{
		.name = "flush-interval",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct options, session.flush_ns),
		.least = 1000000,
		.most = HOUR_NS,
		.bare_ns = 1000000,
		.help = "events are in the file after so long, such as 100ms or 5s\n"
			"(default 1s; a number alone is milliseconds)\n",
	},
	{
		.name = "memory",
		.value = "SIZE",
		.kind = OPTION_SIZE,
		.at = offsetof(struct options, session.memory_bytes),
		.least = 64u << 10,
		.most = 1ull << 40,
		.help = "for what waits to be written, beside the rings (default\n"
			"64M); when it is full the rings fill, and lose events,\n"
			"which is counted\n",
	},
	{
		.name = "threads",
		.value = "N",
		.kind = OPTION_OTHER,
		.take = take_threads,
		.help = "that read the rings; auto, the default: one, and on more\n"
			"than 4 CPUs one for 8 rings\n",
	},
	{
		.name = "mmaps",
		.value = "yes|no|auto",
		.kind = OPTION_OTHER,
		.take = take_mmaps,
		.help = "whether what processes map to be executed is in the trace,\n"
			"with build-ids (default auto: with -g and software events,\n"
			"which have addresses of user space)\n",
	},
	{
		.name = "anonymize",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, session.anonymize),
		.help = "a trace that can be given away: names of processes, files\n"
			"and the host and all strings are tokens, addresses aren't\n"
			"the real ones. These are never written\n",
	},
	{
		.letter = 'q',
		.name = "quiet",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, quiet),
		.help = "only errors\n",
	},
	{
		.letter = 'h',
		.name = "help",
		.kind = OPTION_FLAG,
		.at = offsetof(struct options, help),
		.help = "print this\n",
	},
	{ 0 },
};
