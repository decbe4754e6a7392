// SPDX-License-Identifier: GPL-2.0-only
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "gate.h"
#include "hit.h"
#include "probe.h"
#include "stats.h"

void kpx_stats_fill(struct kpx_probe *probe, struct kpx_stats *stats)
{
	struct kpx_book book = kpx_probe_book(probe);

	stats->entered = book.entered;
	stats->no_listener = book.verdicts[KPX_NO_LISTENER];
	stats->offered = book.verdicts[KPX_OFFERED];
	stats->filtered_pred = book.verdicts[KPX_FILTERED];
	stats->filtered_bpf = book.verdicts[KPX_FILTERED_BPF];
	stats->recursion = book.verdicts[KPX_RECURSION];
	stats->self = book.verdicts[KPX_SELF];
	stats->clamped = book.clamped;
	stats->truncated = book.truncated;
	stats->by_int3 = book.by_int3;
	stats->bpf_runs = book.bpf_runs;
	stats->bpf_busy = book.bpf_busy;
	stats->programs = READ_ONCE(probe->programs.nr);
	if (kpx_gate_is_fallback)
		stats->flags |= KPX_STATS_BPF_FALLBACK;
	if (probe->flags & KPX_PROBE_ALIAS)
		stats->flags |= KPX_STATS_ALIAS;
	stats->in_flight = book.calls - book.returns;
	stats->targets = probe->target.nr_sites;
	kpx_attach_stats(probe, stats);
	/* an alias that was never opened has no target yet */
	if (probe->target.sites && kpx_target_is_gone(&probe->target))
		stats->flags |= KPX_STATS_GONE;
}

/* "ftrace", "int3+return", "-" */
static void show_mechanisms(struct seq_file *seq, const struct kpx_stats *stats)
{
	static const char *const names[] = { "return", "int3", "jump",
					     "ftrace" };
	const char *between = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(stats->mechanisms & (1 << i)))
			continue;
		seq_printf(seq, "%s%s", between, names[i]);
		between = "+";
	}
	if (stats->flags & KPX_STATS_DEAF)
		seq_printf(seq, "%sdeaf", between);
	else if (stats->flags & KPX_STATS_GONE)
		seq_printf(seq, "%sgone", between);
	else if (!stats->mechanisms)
		seq_putc(seq, '-');
}

static void show_head(struct seq_file *seq)
{
	seq_puts(
		seq,
		"# id name events entered offered no_listener recursion self filtered missed_kprobe missed_return in_flight clamped truncated by_int3 programs bpf_runs bpf_busy filtered_bpf mechanism targets target\n");
	if (kpx_gate_is_fallback)
		seq_puts(
			seq,
			"# bpf_fallback: BPF programs run under the module's own guard\n");
}

static noinline_for_stack void show_target(struct seq_file *seq,
					   const struct kpx_spec *spec)
{
	char target[KPX_SYMBOL_MAX + KPX_MODULE_MAX + 24];

	kpx_spec_print_target(spec, target, sizeof(target));
	seq_printf(seq, "%s\n", target);
}

static int stats_show(struct seq_file *seq, void *v)
{
	struct kpx_probe *probe = kpx_probe_seq_entry(v);
	struct kpx_stats stats = {};

	if (!probe) {
		show_head(seq);
		return 0;
	}
	kpx_stats_fill(probe, &stats);
	seq_printf(seq, "%u %s %llu %llu %llu %llu %llu %llu %llu ", probe->id,
		   probe->spec->name[0] ? probe->spec->name : "-", stats.events,
		   stats.entered, stats.offered, stats.no_listener,
		   stats.recursion, stats.self,
		   stats.filtered_pred + stats.filtered_bpf);
	seq_printf(seq, "%llu %llu %llu %llu %llu %llu ", stats.missed_kprobe,
		   stats.missed_return, stats.in_flight, stats.clamped,
		   stats.truncated, stats.by_int3);
	seq_printf(seq, "%u %llu %llu %llu ", stats.programs, stats.bpf_runs,
		   stats.bpf_busy, stats.filtered_bpf);
	show_mechanisms(seq, &stats);
	seq_printf(seq, " %u ", stats.targets);
	show_target(seq, probe->spec);
	return 0;
}

static const struct seq_operations stats_sops = {
	.start = kpx_probe_seq_start,
	.next = kpx_probe_seq_next,
	.stop = kpx_probe_seq_stop,
	.show = stats_show,
};
DEFINE_SEQ_ATTRIBUTE(stats);

/* Hits that no probe's book has. */
static int unwatched_show(struct seq_file *seq, void *v)
{
	seq_printf(seq, "%llu\n", kpx_hit_nr_unwatched());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(unwatched);

void kpx_stats_init(struct dentry *dir)
{
	debugfs_create_file("unwatched", 0440, dir, NULL, &unwatched_fops);
	debugfs_create_file("stats", 0440, dir, NULL, &stats_fops);
}
