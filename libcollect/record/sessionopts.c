// SPDX-License-Identifier: GPL-2.0-only
/* What a session is asked for: taken over, and checked before anything is opened. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "pseudofile.h"
#include "rotate.h"
#include "session.h"

#define MAX_RATE  "/proc/sys/kernel/perf_event_max_sample_rate"
#define MAX_STACK "/proc/sys/kernel/perf_event_max_stack"
#define RING_MAX  (1ull << 30) /* libperf counts bytes in an int */

/* What threads of ours say, too, the sink's for one. */
static void tell(void *ctx, enum kpc_log_level level, const char *text)
{
	struct kpc_session *s = ctx;

	pthread_mutex_lock(&s->telling);
	s->log(s->log_ctx, level, text);
	pthread_mutex_unlock(&s->telling);
}

static void take_log(struct kpc_session *s)
{
	s->log = s->opts.log;
	s->log_ctx = s->opts.log_ctx;
	if (!s->log)
		return;
	s->opts.log = tell;
	s->opts.log_ctx = s;
}

/* A caller may know a smaller struct, or a larger one whose tail is zero. */
static int copy_opts(struct kpc_session *s, const struct kpc_session_opts *opts)
{
	const uint8_t *bytes = (const uint8_t *)opts;
	size_t known = sizeof(s->opts);

	if (opts->size < offsetof(struct kpc_session_opts, progress))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"the options' size isn't set");
	for (size_t i = known; i < opts->size; i++)
		if (bytes[i])
			return kpc_fail(s->error, sizeof(s->error), -E2BIG,
					"the program wants a newer libcollect");
	memcpy(&s->opts, opts, opts->size < known ? opts->size : known);
	take_log(s);
	return 0;
}

static int check_rings(struct kpc_session *s)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	s->ring_bytes = s->opts.ring_bytes ? s->opts.ring_bytes :
					     KPC_RING_BYTES;
	if (s->ring_bytes < page || s->ring_bytes > RING_MAX ||
	    (s->ring_bytes & (s->ring_bytes - 1)))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a ring has %" PRIu64 " KiB to 1 GiB, and a "
				"power of two of them",
				page / 1024);
	return 0;
}

static int check_memory(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;

	s->flush_ns = o->flush_ns ? o->flush_ns : KPC_FLUSH_NS;
	s->memory_bytes = o->memory_bytes ? o->memory_bytes : KPC_MEMORY_BYTES;
	if (s->memory_bytes < KPC_QUEUE_BYTES_MIN)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"what waits to be written needs %u KiB of "
				"memory at least",
				KPC_QUEUE_BYTES_MIN >> 10);
	if (o->threads > KPC_THREADS_MAX)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"there may be %d threads at most",
				KPC_THREADS_MAX);
	return 0;
}

static int check_frequency(struct kpc_session *s)
{
	int64_t most;

	if (s->opts.period && s->opts.frequency)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a period (-c) and a frequency (-F) exclude "
				"each other");
	if (s->opts.frequency && !kpc_pseudofile_number(MAX_RATE, &most) &&
	    s->opts.frequency > (uint64_t)most)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"%" PRIu64 " samples a second are more than "
				"kernel.perf_event_max_sample_rate, %" PRId64,
				s->opts.frequency, most);
	if (s->opts.period >> 63)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"the period is too large");
	return 0;
}

static int check_callchain(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;
	int64_t most = UINT16_MAX;

	if (!o->callchain)
		return 0;
	if (o->callchain_no_kernel && o->callchain_no_user)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"call chains without the kernel's and without "
				"the user's part are empty");
	kpc_pseudofile_number(MAX_STACK, &most);
	if (o->max_stack > most || o->max_stack > UINT16_MAX)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"%u entries of a call chain (--max-stack) are "
				"more than kernel.perf_event_max_stack, "
				"%" PRId64 "; sysctl raises that",
				o->max_stack, most);
	return 0;
}

static int check_all_cgroups(struct kpc_session *s)
{
	char point[256];
	int err = kpc_cgroup_check_sampling(s->error, sizeof(s->error));

	if (!err && !kpc_cgroup_are_told(point, sizeof(point)))
		kpc_session_log(s, KPC_LOG_WARNING,
				"the kernel takes all cgroups for the topmost "
				"one, because that never handed a controller "
				"down, as systemd has it do; echo +pids > "
				"%s/cgroup.subtree_control does, too",
				point);
	return err;
}

static int check_opts(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;
	int err;

	if (!o->output && !o->consume)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"no file to write to was named");
	if ((o->nr_pids || o->nr_tids) && o->system_wide)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"processes and threads (-p, -t) or all of the "
				"system (-a), not both");
	if (o->cgroups && *o->cgroups &&
	    (o->nr_pids || o->nr_tids || o->system_wide))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"cgroups (--cgroup), or processes and threads "
				"(-p, -t), or all of the system (-a): one of "
				"them");
	if (o->codec != KPC_CODEC_ZSTD && o->codec != KPC_CODEC_NONE)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"there is no codec %d", o->codec);
	err = kpc_session_check_live(s);
	if (!err && o->all_cgroups)
		err = check_all_cgroups(s);
	if (!err)
		err = check_rings(s);
	if (!err)
		err = check_memory(s);
	if (!err)
		err = kpc_session_check_rotate(s);
	if (!err)
		err = check_callchain(s);
	return err ? err : check_frequency(s);
}

int kpc_session_take_opts(struct kpc_session *s,
			  const struct kpc_session_opts *opts)
{
	int err = copy_opts(s, opts);

	return err ? err : check_opts(s);
}
