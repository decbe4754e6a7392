// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "eventnames.h"
#include "selection.h"

#define NS_PER_S 1000000000ull
#define DECIMALS 9

static bool take_digits(const char **at, uint64_t most, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	*at = end;
	return !errno && *number <= most;
}

/* [+]SECONDS[.DECIMALS], or nothing. */
static bool take_time(const char **at, struct selection_time *time)
{
	uint64_t seconds, ns = 0;
	int decimals = 0;

	*time = (struct selection_time){ 0 };
	if (**at == '-' || !**at)
		return true;
	time->relative = **at == '+';
	*at += time->relative;
	if (!take_digits(at, UINT64_MAX / NS_PER_S - 1, &seconds))
		return false;
	if (**at == '.') {
		for (++*at; isdigit((unsigned char)**at); ++*at)
			if (decimals++ < DECIMALS)
				ns = ns * 10 + (**at - '0');
		if (!decimals)
			return false;
		for (; decimals < DECIMALS; decimals++)
			ns *= 10;
	}
	time->given = true;
	time->ns = seconds * NS_PER_S + ns;
	return true;
}

static bool take_times(struct selection *s, const char *value)
{
	if (!take_time(&value, &s->from) || *value++ != '-' ||
	    !take_time(&value, &s->to) || *value)
		return false;
	if (s->to.given && s->from.given && s->to.relative == s->from.relative)
		return s->from.ns < s->to.ns;
	return s->from.given || s->to.given;
}

/* N, N-M, and several by commas, into @to. */
static bool take_list(const char *value, uint32_t *to, uint32_t *nr)
{
	uint64_t first, last;

	do {
		if (!take_digits(&value, INT32_MAX, &first))
			return false;
		last = first;
		if (*value == '-') {
			value++;
			if (!take_digits(&value, INT32_MAX, &last))
				return false;
		}
		if (last < first || last - first >= SELECTION_NUMBERS_MAX - *nr)
			return false;
		for (; first <= last; first++)
			to[(*nr)++] = first;
	} while (*value++ == ',');
	return !value[-1];
}

static bool take_filter(struct selection *s, const char *value)
{
	if (s->filter)
		return false;
	s->filter = value;
	return true;
}

static bool take_event(struct selection *s, const char *value)
{
	if (s->nr_events == SELECTION_EVENTS_MAX)
		return false;
	s->events[s->nr_events++] = value;
	return true;
}

bool selection_has_option(int option)
{
	return option == SELECTION_FILTER ||
	       (option >= SELECTION_TIME && option <= SELECTION_PID);
}

bool selection_take(struct selection *s, int option, const char *value,
		    char *error, size_t error_size)
{
	bool good = false;

	switch ((enum selection_option)option) {
	case SELECTION_FILTER:
		good = take_filter(s, value);
		if (!good)
			snprintf(error, error_size,
				 "one --filter only: put && between the two");
		break;
	case SELECTION_TIME:
		good = take_times(s, value);
		if (!good)
			snprintf(
				error, error_size,
				"--time takes FROM-TO in seconds, such as 15.5-16 or +1-+2.5, not '%s'",
				value);
		break;
	case SELECTION_EVENT:
		good = take_event(s, value);
		if (!good)
			snprintf(error, error_size,
				 "there are more than %d --event",
				 SELECTION_EVENTS_MAX);
		break;
	case SELECTION_CPU:
	case SELECTION_PID:
		good = option == SELECTION_CPU ?
			       take_list(value, (uint32_t *)s->cpus,
					 &s->nr_cpus) :
			       take_list(value, s->pids, &s->nr_pids);
		if (!good)
			snprintf(
				error, error_size,
				"--%s takes up to %d numbers, such as 1-3,6, not '%s'",
				option == SELECTION_CPU ? "cpu" : "pid",
				SELECTION_NUMBERS_MAX, value);
		break;
	}
	return good;
}

int selection_filter(const struct selection *s, struct kpc_reader *reader,
		     const char *verb)
{
	int err;

	if (!s->filter)
		return CMD_OK;
	err = kpc_reader_filter(reader, s->filter);
	if (err)
		fprintf(stderr, "collect %s: %s\n", verb,
			kpc_reader_error(reader));
	return !err ? CMD_OK : err == -EINVAL ? CMD_USAGE : CMD_FAILED;
}

int selection_begin(const struct selection *s, struct kpc_reader *reader,
		    const char *verb, const char *path)
{
	int status = eventnames_check(s, reader, verb, path);

	return status ? status : selection_filter(s, reader, verb);
}

static uint64_t absolute(const struct selection_time *time, uint64_t start_ns)
{
	uint64_t ns;

	if (!time->relative)
		return time->ns;
	return __builtin_add_overflow(start_ns, time->ns, &ns) ? UINT64_MAX :
								 ns;
}

static void settle(struct selection_time *time, uint64_t start_ns)
{
	time->ns = absolute(time, start_ns);
	time->relative = false;
}

void selection_settle(struct selection *s, const struct kpc_trace_info *info)
{
	settle(&s->from, info->start_ns);
	settle(&s->to, info->start_ns);
}

void selection_times(const struct selection *s, uint64_t start_ns,
		     uint64_t *from_ns, uint64_t *to_ns)
{
	if (s->from.given)
		*from_ns = absolute(&s->from, start_ns);
	if (s->to.given)
		*to_ns = absolute(&s->to, start_ns);
}

int selection_apply(const struct selection *s, struct kpc_reader *reader)
{
	const struct kpc_trace_info *info = kpc_reader_info(reader);
	/* Merged traces are selected by realtime, since the first one's start. */
	uint64_t start_ns =
		info->start_ns + (info->merged ? info->realtime_offset_ns : 0);
	struct kpc_selection selection = {
		.size = sizeof(selection),
		.events = s->events,
		.cpus = s->cpus,
		.nr_cpus = s->nr_cpus,
		.pids = s->pids,
		.nr_pids = s->nr_pids,
	};

	selection_times(s, start_ns, &selection.from_ns, &selection.to_ns);
	/* Before the beginning of all clocks there's nothing. */
	if (s->to.given && !selection.to_ns)
		selection.to_ns = 1;
	return kpc_reader_select(reader, &selection);
}
