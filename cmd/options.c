// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "options.h"

#define DEFAULT_OUTPUT "trace.pb"

static const char usage[] =
	"usage: collect [record] [-o FILE] [-e EVENT]... [OPTION]... [-- COMMAND]\n"
	"\n"
	"Records perf events into a trace file, until COMMAND ends, the process ends, or\n"
	"Ctrl-C. Without COMMAND and -p it records all of the system.\n"
	"\n"
	"  -o, --output FILE    the trace (default " DEFAULT_OUTPUT
	"; - is standard output)\n"
	"  -e, --event EVENT    what to record; again, or separated by commas, for more:\n"
	"                         kprobex/NAME/      a probe that is defined by this name\n"
	"                         kprobex/FUNCTION/  else any function of the kernel, also\n"
	"                                            kprobex/FUNCTION+OFFSET/\n"
	"                         kprobex/NAME-ns/   the time within it: each call, or with\n"
	"                                            -c a sample every N nanoseconds; terms\n"
	"                                            are perf's: kprobex/FUNCTION,unit=1/\n"
	"                         kprobex/NAME,unit=2,field=ARG/  the sum of an argument\n"
	"                         SYSTEM:NAME        a tracepoint; * and ? match\n"
	"                         page-faults, ...   a software event, as perf names it\n"
	"                       (default: all named probes of kprobex)\n"
	"      --bpf FILE[:PROGRAM][,cookie=N]  put BPF programs of type kprobe, of an\n"
	"                       object that clang made, on the probes of the kprobex events;\n"
	"                       again for more. PROGRAM is a section (kprobe/FUNCTION) or a\n"
	"                       function; without it, all that are for probes, in the file's\n"
	"                       order. N is for bpf_get_attach_cookie(). With programs and\n"
	"                       probes of both kinds, kretprobe programs go on return probes\n"
	"                       and kprobe ones on the others; else all on all. A hit is\n"
	"                       recorded if the bitwise AND of what they return isn't 0.\n"
	"                       What they write to perf event arrays and ring buffers is in\n"
	"                       the trace as the event bpf:MAP, of all CPUs and processes,\n"
	"                       with the fields of the map's __type(value, struct ...)\n"
	"  -a, --all-cpus       all of the system, also while COMMAND runs\n"
	"  -C, --cpu LIST       all that runs on these CPUs, such as 0-3,6; with -p, the\n"
	"                       process where it runs there\n"
	"  -p, --pid PID        a process that runs already, with all its threads\n"
	"  -c, --count N        a sample every N hits, or of what else the event counts\n"
	"                       (default 1: every hit)\n"
	"  -F, --freq HZ        about HZ samples a second (default for cpu-clock and\n"
	"                       task-clock: 4000)\n"
	"  -g, --callchain      with call chains\n"
	"  -m, --ring-size SIZE of each CPU's ring, with K, M or G (default 16M); it is\n"
	"                       rounded up to a power of two\n"
	"      --flush-interval MS  events are in the file after so long (default 1000)\n"
	"      --strict         exit with 3 if anything was lost\n"
	"  -q, --quiet          only errors\n"
	"  -h, --help           print this\n"
	"\n"
	"Exit status: COMMAND's, or 128 + its signal; else 0 ok, 1 failed, 2 usage, 3 loss\n"
	"under --strict.\n"
	"\n"
	"Examples:\n"
	"  collect -e kprobex/vfs_write/ -- dd if=/dev/zero of=/dev/null count=1000\n"
	"  collect -o open.pb -a -e kprobex/do_sys_openat2/,sched:sched_switch -- sleep 5\n"
	"  collect -g -e raw_syscalls:sys_enter -p 1234\n"
	"  collect -F 999 -g -e cpu-clock -- make\n"
	"  collect --bpf write.bpf.o:kprobe/vfs_write,cookie=7 -e kprobex/vfs_write/\n";

enum long_option {
	OPTION_STRICT = 256,
	OPTION_FLUSH,
	OPTION_BPF,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "event", required_argument, NULL, 'e' },
	{ "bpf", required_argument, NULL, OPTION_BPF },
	{ "all-cpus", no_argument, NULL, 'a' },
	{ "cpu", required_argument, NULL, 'C' },
	{ "pid", required_argument, NULL, 'p' },
	{ "count", required_argument, NULL, 'c' },
	{ "freq", required_argument, NULL, 'F' },
	{ "callchain", no_argument, NULL, 'g' },
	{ "ring-size", required_argument, NULL, 'm' },
	{ "flush-interval", required_argument, NULL, OPTION_FLUSH },
	{ "strict", no_argument, NULL, OPTION_STRICT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

__attribute__((format(printf, 1, 2))) static int mistake(const char *format,
							 ...)
{
	va_list args;

	fputs("collect: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\ncollect: see collect record --help\n", stderr);
	return CMD_USAGE;
}

/* A number from 1 to @most, and nothing behind it but what @end points to. */
static bool parse_number(const char *text, uint64_t most, uint64_t *number,
			 char **end)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, end, 10);
	return !errno && *number && *number <= most;
}

static int take_number(const char *text, const char *option, uint64_t most,
		       uint64_t *number)
{
	char *end;

	if (!parse_number(text, most, number, &end) || *end)
		return mistake("%s takes a number from 1 to %llu, not '%s'",
			       option, (unsigned long long)most, text);
	return -1;
}

static uint64_t unit_of(const char *text)
{
	switch (toupper((unsigned char)*text)) {
	case 'K':
		return 1u << 10;
	case 'M':
		return 1u << 20;
	case 'G':
		return 1u << 30;
	case '\0':
		return 1;
	default:
		return 0;
	}
}

static int take_size(const char *text, size_t *size)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t number, unit, bytes = page;
	char *end;

	if (!parse_number(text, 1u << 30, &number, &end))
		return mistake("-m takes a size such as 512K or 16M, not '%s'",
			       text);
	unit = unit_of(end);
	if (!unit ||
	    (*end && end[1] && strcmp(end + 1, "B") && strcmp(end + 1, "iB")))
		return mistake("-m takes a size such as 512K or 16M, not '%s'",
			       text);
	if (number > (1u << 30) / unit)
		return mistake("-m takes 1G at most, not '%s'", text);
	while (bytes < number * unit)
		bytes *= 2;
	*size = bytes;
	return -1;
}

static int take_event(struct options *o, const char *text)
{
	if (o->nr_events == OPTIONS_EVENTS_MAX)
		return mistake("there are more than %d -e", OPTIONS_EVENTS_MAX);
	o->events[o->nr_events++] = text;
	return -1;
}

static int take_bpf(struct options *o, const char *text)
{
	if (o->nr_bpf == OPTIONS_BPF_MAX)
		return mistake("there are more than %d --bpf", OPTIONS_BPF_MAX);
	o->bpf[o->nr_bpf++] = text;
	return -1;
}

static int take_option(struct options *o, int option, char **argv)
{
	struct kpc_session_opts *s = &o->session;
	uint64_t number = 0;
	int status;

	switch (option) {
	case 'o':
		s->output = optarg;
		return *optarg ? -1 : mistake("-o takes the name of a file");
	case 'e':
		return take_event(o, optarg);
	case OPTION_BPF:
		return take_bpf(o, optarg);
	case 'a':
		s->system_wide = true;
		return -1;
	case 'C':
		s->cpus = optarg;
		return -1;
	case 'p':
		status = take_number(optarg, "-p", INT_MAX, &number);
		s->pid = number;
		return status;
	case 'c':
		return take_number(optarg, "-c", INT64_MAX, &s->period);
	case 'F':
		return take_number(optarg, "-F", INT_MAX, &s->frequency);
	case 'g':
		s->callchain = true;
		return -1;
	case 'm':
		return take_size(optarg, &s->ring_bytes);
	case 'q':
		o->quiet = true;
		return -1;
	case OPTION_STRICT:
		o->strict = true;
		return -1;
	case OPTION_FLUSH:
		status = take_number(optarg, "--flush-interval", 3600000,
				     &number);
		s->flush_ns = number * 1000000;
		return status;
	case 'h':
		fputs(usage, stdout);
		return CMD_OK;
	case ':':
		return mistake("%s takes a value", argv[optind - 1]);
	default:
		return mistake("unknown option %s", argv[optind - 1]);
	}
}

/* What is left after the options is a command only behind --. */
static int take_command(struct options *o, int argc, char **argv)
{
	if (optind == argc && strcmp(argv[optind - 1], "--"))
		return -1;
	if (strcmp(argv[optind - 1], "--"))
		return mistake("what is '%s'? A command goes after --",
			       argv[optind]);
	if (optind == argc)
		return mistake("there is no command after --");
	o->session.argv = argv + optind;
	return -1;
}

static int check(const struct options *o)
{
	const struct kpc_session_opts *s = &o->session;

	if (s->period && s->frequency)
		return mistake("-c and -F exclude each other");
	if (s->pid && s->system_wide)
		return mistake("-a and -p exclude each other");
	return -1;
}

int options_parse(struct options *o, int argc, char **argv)
{
	int option, status;

	*o = (struct options){
		.session.size = sizeof(o->session),
		.session.output = DEFAULT_OUTPUT,
		.session.command_line = argv,
	};
	o->session.events = o->events;
	o->session.bpf = o->bpf;
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:o:e:aC:p:c:F:gm:qh",
				     long_options, NULL)) != -1) {
		status = take_option(o, option, argv);
		if (status >= 0)
			return status;
	}
	status = take_command(o, argc, argv);
	return status >= 0 ? status : check(o);
}
