// SPDX-License-Identifier: GPL-2.0-only
/* cmd_stat.c - collect stat: how often, how long, how much */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "command.h"
#include "json.h"
#include "quantity.h"
#include "statrequest.h"
#include "table.h"

#define NS_PER_S 1000000000ull

static const char usage_head[] =
	"usage: collect stat [-e EVENT]... [OPTION]... [-- COMMAND]\n"
	"\n"
	"Counts events, until COMMAND ends, all processes and threads of -p and -t have\n"
	"ended, the duration is over, or Ctrl-C: how often each happened, how long the calls\n"
	"of a function took, and what an argument adds up to. Nothing is recorded: a hit costs\n"
	"an addition. Without COMMAND, -p and -t it is of all of the system.\n";

static const char usage_tail[] =
	"\n"
	"With --by and --hist each event is looked at in this program instead, as by collect\n"
	"top; what that can't keep up with is lost, and said.\n"
	"\n"
	"Exit status: COMMAND's, or 128 + its signal; else 0 ok, 1 failed, 2 usage.\n"
	"\n"
	"Examples:\n"
	"  collect stat -e kprobex/vfs_write/ --sum count -- ls -l /\n"
	"  collect stat -I 1 -e context-switches -e 'kprobex/tcp_*/'\n"
	"  collect stat -e kprobex/vfs_read,unit=1/ --by comm --duration 5\n"
	"  collect stat -e kprobex/vfs_read,unit=1/ --hist duration_ns -- cat /etc/passwd\n";

static const struct option_desc options_what[] = {
	{
		.letter = 'e',
		.name = "event",
		.value = "EVENT",
		.kind = OPTION_LIST,
		.at = offsetof(struct options, events),
		.help = "what to count, as of collect record: kprobex/FUNCTION/,\n"
			"SYSTEM:NAME, context-switches, ...; again for more\n"
			"(default: all named probes of kprobex)\n",
	},
	{
		.name = "sum",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, sum),
		.help = "and add up this argument of the functions\n",
	},
	{
		.name = "no-time",
		.kind = OPTION_FLAG,
		.at = offsetof(struct stat_request, no_time),
		.help = "don't take the time that functions take, which costs a\n"
			"hook on their return\n",
	},
	{ 0 },
};

static const struct option_desc options_apart[] = {
	{
		.name = "by",
		.value = "WHAT",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, by),
		.help = "tell apart by comm, pid, tid, cpu, event, or fields of the\n"
			"events, with commas between\n",
	},
	{
		.name = "hist",
		.value = "FIELD",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, hist),
		.help = "how the values of a field are distributed, by powers of\n"
			"two: an argument, or duration_ns of an event\n"
			"kprobex/FUNCTION,unit=1/\n",
	},
	{ 0 },
};

static const struct option_desc options_shown[] = {
	{
		.letter = 'I',
		.name = "interval",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct stat_request, interval_ns),
		.least = 10000000,
		.most = 86400 * NS_PER_S,
		.bare_ns = NS_PER_S,
		.help = "print what came in each interval, too, such as 500ms or\n"
			"10s (a number alone is seconds)\n",
	},
	{
		.name = "json",
		.kind = OPTION_FLAG,
		.at = offsetof(struct stat_request, json),
		.help = "as JSON objects, one a line\n",
	},
	{
		.letter = 'o',
		.name = "output",
		.value = "FILE",
		.kind = OPTION_TEXT,
		.at = offsetof(struct stat_request, output),
		.help = "into a file (default: standard output; with COMMAND,\n"
			"whose own that is, standard error)\n",
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

static const struct option_desc options_until[] = {
	{
		.name = "duration",
		.value = "TIME",
		.kind = OPTION_TIME,
		.at = offsetof(struct options, session.duration_ns),
		.least = 1000000,
		.most = 1000 * 86400 * NS_PER_S,
		.bare_ns = NS_PER_S,
		.help = "for so long, such as 500ms, 10s or 2m\n",
	},
	{ 0 },
};

static const struct option_group groups[] = {
	{ "What is counted", options_what },
	{ "Of whom", options_targets },
	{ "Told apart", options_apart },
	{ "How it is shown", options_shown },
	{ "Until when", options_until },
	{ 0 },
};

static const struct option_usage usage = {
	.verb = "stat",
	.head = usage_head,
	.groups = groups,
	.tail = usage_tail,
};

/* ---- signals ------------------------------------------------------------- */

static struct kpc_counters *volatile running;
static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	struct kpc_counters *counters = running;

	caught = signal;
	if (counters)
		kpc_counters_stop(counters);
	stat_by_stop();
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction before;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &before) ||
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

/* ---- what was counted ---------------------------------------------------- */

struct printer {
	const struct stat_request *request;
	FILE *out;
	struct kpc_counter *before; /* at the last interval */
	uint64_t before_ns;
	int widths[TABLE_COLUMNS]; /* as printed last */
};

struct columns {
	bool interval, count, time, sum, missed;
};

/* What it was since then. */
static struct kpc_counter since(const struct kpc_counter *now,
				const struct kpc_counter *then)
{
	struct kpc_counter c = *now;

	if (!then)
		return c;
	c.count -= then->count;
	c.time_ns -= then->time_ns;
	c.sum -= then->sum;
	c.missed -= then->missed;
	return c;
}

static struct columns columns_of(const struct kpc_counts *counts, bool interval)
{
	struct columns c = { .interval = interval };

	for (uint32_t i = 0; i < counts->nr; i++) {
		const struct kpc_counter *counter = &counts->counters[i];

		c.time |= counter->has_time || counter->unit == KPC_UNIT_NS;
		c.sum |= counter->field != NULL;
		c.missed |= counter->missed != 0;
	}
	return c;
}

static struct table *new_table(const struct columns *c, const char *field)
{
	struct table_column columns[TABLE_COLUMNS] = { 0 };
	char sum[TABLE_HEADING], each[TABLE_HEADING];
	int nr = 0;

	snprintf(sum, sizeof(sum), "SUM(%.30s)", field ? field : "");
	snprintf(each, sizeof(each), "MEAN(%.30s)", field ? field : "");
	if (c->interval)
		columns[nr++].heading = "AT";
	columns[nr++].heading = "COUNT";
	columns[nr++].heading = "/S";
	if (c->time) {
		columns[nr++].heading = "TIME";
		columns[nr++].heading = "MEAN";
	}
	if (c->sum) {
		columns[nr++].heading = sum;
		columns[nr++].heading = each;
	}
	if (c->missed)
		columns[nr++].heading = "MISSED";
	columns[nr].heading = "EVENT";
	columns[nr++].left = true;
	return table_new(columns, nr);
}

struct cells {
	char text[TABLE_COLUMNS][QUANTITY_TEXT];
	const char *cell[TABLE_COLUMNS];
	int nr;
};

static char *next_cell(struct cells *c)
{
	c->cell[c->nr] = c->text[c->nr];
	strcpy(c->text[c->nr], "-");
	return c->text[c->nr++];
}

static void add_time(struct cells *cells, const struct kpc_counter *c)
{
	char *time = next_cell(cells), *mean = next_cell(cells);

	if (c->unit == KPC_UNIT_NS)
		quantity_time(c->count, time);
	else if (c->has_time)
		quantity_time(c->time_ns, time);
	if (c->has_time && c->count)
		quantity_time(c->time_ns / c->count, mean);
}

static void add_sum(struct cells *cells, const struct kpc_counter *c)
{
	char *sum = next_cell(cells), *mean = next_cell(cells);

	if (c->field)
		quantity_count(c->sum, sum);
	if (c->field && c->count)
		quantity_rate((double)c->sum / c->count, mean);
}

static bool add_counter(struct table *table, const struct columns *columns,
			const struct kpc_counter *c, uint64_t at_ns,
			uint64_t ns)
{
	struct cells cells = { .nr = 0 };

	if (columns->interval)
		quantity_time(at_ns, next_cell(&cells));
	if (c->unit != KPC_UNIT_NS) {
		quantity_count(c->count, next_cell(&cells));
		quantity_rate(ns ? c->count * 1e9 / ns : 0, next_cell(&cells));
	} else {
		next_cell(&cells);
		next_cell(&cells);
	}
	if (columns->time)
		add_time(&cells, c);
	if (columns->sum)
		add_sum(&cells, c);
	if (columns->missed)
		quantity_count(c->missed, next_cell(&cells));
	cells.cell[cells.nr] = c->name;
	return table_row(table, cells.cell);
}

/* One field's name heads the sums, if they are of one. */
static const char *field_of(const struct kpc_counts *counts)
{
	const char *field = NULL;

	for (uint32_t i = 0; i < counts->nr; i++) {
		const char *other = counts->counters[i].field;

		if (field && other && strcmp(field, other))
			return "value";
		field = other ? other : field;
	}
	return field;
}

/* In intervals the headings come only when the columns move. */
static void print_table(struct printer *p, const struct table *table,
			bool interval)
{
	int widths[TABLE_COLUMNS];
	bool moved = false;
	char line[8192];

	table_layout(table, 0, widths);
	for (int i = 0; i < TABLE_COLUMNS; i++) {
		moved |= widths[i] > p->widths[i];
		if (widths[i] > p->widths[i] || !interval)
			p->widths[i] = widths[i];
	}
	for (int64_t i = moved || !interval ? -1 : 0; i < table_rows(table);
	     i++) {
		table_line(table, p->widths, i, line, sizeof(line));
		fprintf(p->out, "%s\n", line);
	}
}

static void print_text(struct printer *p, const struct kpc_counts *counts,
		       bool interval)
{
	struct columns columns = columns_of(counts, interval);
	struct table *table = new_table(&columns, field_of(counts));
	uint64_t ns = counts->elapsed_ns - (interval ? p->before_ns : 0);
	bool good = table != NULL;

	for (uint32_t i = 0; good && i < counts->nr; i++) {
		struct kpc_counter c = since(&counts->counters[i],
					     interval ? &p->before[i] : NULL);

		good = add_counter(table, &columns, &c, counts->elapsed_ns, ns);
	}
	if (good)
		print_table(p, table, interval);
	table_free(table);
}

static void print_json(struct printer *p, const struct kpc_counts *counts,
		       bool interval)
{
	struct text *out = text_new(fileno(p->out));
	bool first = true;

	if (!out)
		return;
	text_char(out, '{');
	json_bool(out, &first, "final", !interval);
	json_u64(out, &first, "elapsed_ns", counts->elapsed_ns);
	json_u64(out, &first, "interval_ns",
		 counts->elapsed_ns - (interval ? p->before_ns : 0));
	json_key(out, &first, "events");
	text_char(out, '[');
	for (uint32_t i = 0; i < counts->nr; i++) {
		struct kpc_counter c = since(&counts->counters[i],
					     interval ? &p->before[i] : NULL);
		bool one = true;

		text_string(out, i ? ",{" : "{");
		json_text(out, &one, "name", c.name);
		json_u64(out, &one,
			 c.unit == KPC_UNIT_NS ? "clock_ns" : "count", c.count);
		if (c.has_time)
			json_u64(out, &one, "time_ns", c.time_ns);
		if (c.field) {
			json_text(out, &one, "field", c.field);
			json_u64(out, &one, "sum", c.sum);
		}
		json_u64(out, &one, "missed", c.missed);
		text_char(out, '}');
	}
	text_string(out, "]}\n");
	text_flush(out);
	text_free(out);
}

static void print_counts(struct printer *p, const struct kpc_counts *counts,
			 bool interval)
{
	if (p->request->json)
		print_json(p, counts, interval);
	else
		print_text(p, counts, interval);
	fflush(p->out);
}

static void on_interval(void *ctx, const struct kpc_counts *so_far)
{
	struct printer *p = ctx;

	if (!p->before)
		p->before = calloc(so_far->nr + 1, sizeof(*p->before));
	if (!p->before)
		return;
	print_counts(p, so_far, true);
	memcpy(p->before, so_far->counters, so_far->nr * sizeof(*p->before));
	p->before_ns = so_far->elapsed_ns;
	if (ferror(p->out))
		kpc_counters_stop(running);
}

/* What keeps a count from being all there was. */
static void print_doubts(FILE *out, const struct kpc_counts *counts)
{
	for (uint32_t i = 0; i < counts->nr; i++) {
		const struct kpc_counter *c = &counts->counters[i];
		char missed[QUANTITY_TEXT];

		if (c->deaf)
			fprintf(out,
				"%s: the kernel won't call it: "
				"kernel.ftrace_enabled or debugfs' "
				"kprobes/enabled is 0\n",
				c->name);
		else if (c->missed)
			fprintf(out,
				"%s: a lower bound: the kernel missed at least "
				"%s of all hits, whoever had them\n",
				c->name, quantity_count(c->missed, missed));
	}
}

/* ---- the command --------------------------------------------------------- */

static int failed(const char *text)
{
	fprintf(stderr, "collect stat: %s\n", text);
	return CMD_FAILED;
}

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "collect stat: %s\n", text);
}

static int finish(struct printer *p, struct kpc_counters *counters)
{
	char time[QUANTITY_TEXT];
	struct kpc_counts counts;

	if (kpc_counters_read(counters, &counts))
		return failed(kpc_counters_error(counters));
	if (!p->request->json)
		fprintf(p->out, "%sin %s:\n", p->before ? "\n" : "",
			quantity_time(counts.elapsed_ns, time));
	print_counts(p, &counts, false);
	if (!p->request->json)
		print_doubts(p->out, &counts);
	if (fflush(p->out) || ferror(p->out))
		return CMD_FAILED;
	if (!p->request->options.session.argv)
		return CMD_OK;
	if (!counts.has_status)
		return caught ? COMMAND_SIGNAL + caught : CMD_OK;
	return command_status(counts.status);
}

static int count(const struct stat_request *r, FILE *out)
{
	const struct kpc_session_opts *s = &r->options.session;
	struct printer printer = { .request = r, .out = out };
	struct kpc_counters_opts opts = {
		.size = sizeof(opts),
		.events = s->events,
		.system_wide = s->system_wide,
		.cpus = s->cpus,
		.pids = s->pids,
		.nr_pids = s->nr_pids,
		.tids = s->tids,
		.nr_tids = s->nr_tids,
		.cgroups = s->cgroups,
		.argv = s->argv,
		.duration_ns = s->duration_ns,
		.log = on_log,
		.interval = on_interval,
		.interval_ctx = &printer,
		.interval_ns = r->interval_ns,
		.times = !r->no_time,
		.sum = r->sum,
	};
	struct kpc_counters *counters;
	char error[1024];
	int status;

	if (kpc_counters_new(&counters, &opts, error, sizeof(error)))
		return failed(error);
	running = counters;
	if (caught)
		kpc_counters_stop(counters);
	status = kpc_counters_run(counters) ?
			 failed(kpc_counters_error(counters)) :
			 finish(&printer, counters);
	running = NULL;
	kpc_counters_free(counters);
	free(printer.before);
	return status;
}

static int parse(struct stat_request *r, int argc, char **argv)
{
	int status;

	options_init(&r->options);
	optind = 1;
	status = options_take(&r->options, &usage, argc, argv);
	if (status < 0)
		status = options_command(&r->options, argc, argv);
	if (status < 0)
		status = options_target(&r->options);
	return status;
}

/* NULL with a message. */
static FILE *open_output(const struct stat_request *r)
{
	FILE *out;

	if (!r->output)
		return r->options.session.argv ? stderr : stdout;
	out = fopen(r->output, "we");
	if (!out)
		fprintf(stderr, "collect stat: cannot write %s: %s\n",
			r->output, strerror(errno));
	return out;
}

int cmd_stat(int argc, char **argv)
{
	static struct stat_request r;
	int status = parse(&r, argc, argv);
	FILE *out;

	if (status >= 0)
		return status;
	status = command_check(r.options.session.argv);
	if (status)
		return status;
	out = open_output(&r);
	if (!out)
		return CMD_FAILED;
	catch_signals();
	signal(SIGPIPE, SIG_IGN);
	status = r.by || r.hist ? stat_by(&r, out, &caught) : count(&r, out);
	if (r.output && fclose(out) && !status)
		status = failed(strerror(errno));
	return status;
}
