// SPDX-License-Identifier: GPL-2.0-only
/* cmd_receive.c - collect receive: traces from elsewhere, into files */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "collect.h"
#include "mistake.h"

#define VERB "receive"

static const char usage[] =
	"usage: collect receive [-o FILE] [-1] [-m MODE] ADDRESS\n"
	"\n"
	"Listens at ADDRESS for what `collect -o ADDRESS` sends, and writes a file for each\n"
	"trace. It may be stopped and started again: a sender then goes on where the file\n"
	"ends, and nothing is lost as long as the sender keeps what isn't there yet.\n"
	"\n"
	"  unix:PATH      a UNIX socket\n"
	"  tcp:HOST:PORT  an address of this machine's, tcp::PORT for all of them; an\n"
	"                 IPv6 one as tcp:[::1]:7007. Anybody who can connect may send:\n"
	"                 let it be localhost, and forward it by ssh\n"
	"\n"
	"  -o, --output FILE  NAME.EXT (default trace.pb) names the files: a trace goes to\n"
	"                     NAME.UUID.EXT, a part of a series (--rotate) to\n"
	"                     NAME.SERIES.NUMBER.EXT\n"
	"  -1, --one          one trace, into FILE itself; ends when it is whole\n"
	"  -m, --mode MODE    of a UNIX socket, octal (default 600)\n"
	"  -q, --quiet        only warnings and errors\n"
	"  -h, --help         print this\n"
	"\n"
	"Example:\n"
	"  collect receive -o web.pb unix:/run/web.sock\n"
	"  collect -a -o unix:/run/web.sock -e sched:sched_switch\n"
	"\n"
	"Exit status: 0; 1 failed; 2 usage; 4 a trace that began isn't whole (what came is\n"
	"in its file, and reads).\n";

static const struct option longs[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "one", no_argument, NULL, '1' },
	{ "mode", required_argument, NULL, 'm' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static struct kpc_receiver *volatile running;
static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	struct kpc_receiver *receiver = running;

	caught = signal;
	if (receiver)
		kpc_receiver_stop(receiver);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	const bool *quiet = ctx;

	if (*quiet && level == KPC_LOG_INFO)
		return;
	fprintf(stderr, "collect receive: %s\n", text);
}

/* -1, or the exit status. */
static int parse(struct kpc_receiver_opts *opts, bool *quiet, int argc,
		 char **argv)
{
	char *end;
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:1m:qh", longs, NULL)) !=
	       -1) {
		switch (option) {
		case 'o':
			opts->output = optarg;
			break;
		case '1':
			opts->single = true;
			break;
		case 'm':
			opts->mode = strtoul(optarg, &end, 8);
			if (!*optarg || *end || !opts->mode ||
			    opts->mode > 0777)
				return mistake(
					VERB,
					"-m takes a mode such as 660, not '%s'",
					optarg);
			break;
		case 'q':
			*quiet = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return CMD_OK;
		default:
			return mistake_option(VERB, option, argv);
		}
	}
	if (optind == argc)
		return mistake(VERB, "at which address?");
	if (optind + 1 < argc)
		return mistake(VERB, "one address only, not also '%s'",
			       argv[optind + 1]);
	opts->address = argv[optind];
	return -1;
}

static int receive(const struct kpc_receiver_opts *opts)
{
	struct kpc_receiver_result result = { .size = sizeof(result) };
	struct kpc_receiver *receiver = NULL;
	char error[512];
	int err;

	catch_signals();
	err = kpc_receiver_new(&receiver, opts, error, sizeof(error));
	if (err) {
		fprintf(stderr, "collect receive: %s\n", error);
		return err == -EINVAL ? CMD_USAGE : CMD_FAILED;
	}
	running = receiver;
	if (caught)
		kpc_receiver_stop(receiver); /* before there was one */
	err = kpc_receiver_run(receiver);
	running = NULL;
	if (err)
		fprintf(stderr, "collect receive: %s\n",
			kpc_receiver_error(receiver));
	kpc_receiver_result(receiver, &result);
	if (result.cut)
		fprintf(stderr,
			"collect receive: %" PRIu64 " of %" PRIu64
			" traces not whole: their senders can go on with them when this runs again\n",
			result.cut, result.cut + result.whole);
	kpc_receiver_free(receiver);
	return err ? CMD_FAILED : result.cut ? CMD_DAMAGED : CMD_OK;
}

int cmd_receive(int argc, char **argv)
{
	bool quiet = false;
	struct kpc_receiver_opts opts = {
		.size = sizeof(opts),
		.output = "trace.pb",
		.log = on_log,
		.log_ctx = &quiet,
	};
	int status = parse(&opts, &quiet, argc, argv);

	return status >= 0 ? status : receive(&opts);
}
