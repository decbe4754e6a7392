// SPDX-License-Identifier: GPL-2.0-only
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "probe.h"
#include "stats.h"

void kpx_stats_fill(struct kpx_probe *probe, struct kpx_stats *stats)
{
	struct kpx_book book = kpx_probe_book(probe);

	stats->entered = book.entered;
	stats->no_listener = book.verdicts[KPX_NO_LISTENER];
	stats->offered = book.verdicts[KPX_OFFERED];
	stats->recursion = book.verdicts[KPX_RECURSION];
	stats->self = book.verdicts[KPX_SELF];
	stats->missed_kprobe = kpx_attach_missed(probe);
	stats->events = kpx_attach_events(probe);
}

static int stats_show(struct seq_file *seq, void *v)
{
	struct kpx_probe *probe = kpx_probe_seq_entry(v);
	struct kpx_stats stats = {};

	if (!probe) {
		seq_puts(
			seq,
			"# id name events entered offered no_listener recursion self missed_kprobe target\n");
		return 0;
	}
	kpx_stats_fill(probe, &stats);
	seq_printf(seq, "%u %s %llu %llu %llu %llu %llu %llu %llu ", probe->id,
		   probe->spec->name[0] ? probe->spec->name : "-", stats.events,
		   stats.entered, stats.offered, stats.no_listener,
		   stats.recursion, stats.self, stats.missed_kprobe);
	if (probe->spec->symbol)
		seq_printf(seq, "%s+0x%x\n", probe->spec->symbol,
			   probe->spec->symbol_offset);
	else
		seq_printf(seq, "0x%llx\n", probe->spec->address);
	return 0;
}

static const struct seq_operations stats_sops = {
	.start = kpx_probe_seq_start,
	.next = kpx_probe_seq_next,
	.stop = kpx_probe_seq_stop,
	.show = stats_show,
};
DEFINE_SEQ_ATTRIBUTE(stats);

void kpx_stats_init(struct dentry *dir)
{
	debugfs_create_file("stats", 0440, dir, NULL, &stats_fops);
}
