// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cgroup.h"
#include "context.h"
#include "fail.h"
#include "pseudofile.h"
#include "trace_clock.h"

#define LOOK_NS KPC_NS_PER_S
#define SYMBOLS_NS \
	(2 * KPC_NS_PER_S) /* then ever longer: it may take a while */
#define SYMBOLS_MAX (128 * KPC_NS_PER_S)
#define ROWS_NS	    (10 * KPC_NS_PER_S) /* that they may be on the way */
#define FAR_S	    (10ll * 365 * 24 * 3600)

__attribute__((format(printf, 3, 4))) static void
say(struct kpc_context *c, enum kpc_log_level level, const char *format, ...)
{
	char text[KPC_ERROR_BYTES];
	va_list args;

	if (!c->log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	c->log(c->log_ctx, level, text);
}

/* ---- the realtime clock -------------------------------------------------- */

/* A timer that never ends, but is cancelled when the clock is set. */
static void arm_clock(struct kpc_context *c)
{
	struct itimerspec never = { 0 };
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	never.it_value.tv_sec = now.tv_sec + FAR_S;
	timerfd_settime(c->clock_fd,
			TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			NULL);
}

static int check_clock(struct kpc_context *c, struct kpc_writer *writer)
{
	uint64_t expired;

	if (c->clock_fd < 0 ||
	    read(c->clock_fd, &expired, sizeof(expired)) >= 0 ||
	    errno != ECANCELED)
		return 0;
	arm_clock(c);
	say(c, KPC_LOG_INFO, "the realtime clock was set");
	return kpc_writer_clock_set(writer);
}

/* ---- control groups ------------------------------------------------------ */

static int look_at_cgroups(struct kpc_context *c, uint64_t now_ns)
{
	char point[PATH_MAX];

	if (!c->with_cgroups ||
	    kpc_cgroup_mount(KPC_MOUNTS, point, sizeof(point)))
		return 0;
	return kpc_cgroups_look(&c->cgroups, point, now_ns);
}

/* What the kernel didn't tell of can still be found, if it is still there. */
static int look_for_missed(struct kpc_context *c, uint64_t now_ns)
{
	bool heard = c->ksymbols.evlist != NULL;

	return heard && c->cgroups.lost == c->cgroups.looked ?
		       0 :
		       look_at_cgroups(c, now_ns);
}

/* ---- init and uninit ----------------------------------------------------- */

int kpc_context_init(struct kpc_context *c, const struct kpc_session_opts *opts)
{
	char error[KPC_ERROR_BYTES] = "";

	*c = (struct kpc_context){
		.log = opts->log,
		.log_ctx = opts->log_ctx,
		.symbols_step = SYMBOLS_NS,
		.with_cgroups = opts->all_cgroups,
	};
	kpc_symbols_init(&c->symbols);
	kpc_modules_init(&c->modules);
	c->clock_fd =
		timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->clock_fd >= 0)
		arm_clock(c);
	if (kpc_ksymbols_open(&c->ksymbols,
			      c->with_cgroups ? &c->cgroups : NULL, error,
			      sizeof(error)))
		say(c, KPC_LOG_INFO,
		    "kernel text that comes and goes (BPF programs, "
		    "trampolines) is not recorded%s: %s",
		    c->with_cgroups ? ", nor the names of cgroups that do" : "",
		    error);
	c->cgroups.keep_ns = 2 * opts->flush_ns + ROWS_NS;
	if (look_at_cgroups(c, kpc_trace_clock()))
		return -ENOMEM;
	return kpc_addresses_new(&c->addresses);
}

void kpc_context_none(struct kpc_context *c)
{
	*c = (struct kpc_context){
		.clock_fd = -1,
		.look_ns = UINT64_MAX,
	};
}

void kpc_context_uninit(struct kpc_context *c)
{
	/* Zeroed it has no descriptors: 0 would be one of the program's. */
	if (!c->symbols_step)
		return;
	kpc_symbols_uninit(&c->symbols);
	kpc_modules_uninit(&c->modules);
	kpc_ksymbols_close(&c->ksymbols);
	kpc_cgroups_uninit(&c->cgroups);
	kpc_addresses_free(c->addresses);
	if (c->clock_fd >= 0)
		close(c->clock_fd);
	*c = (struct kpc_context){ 0 };
}

static uint32_t nr_rings(const struct kpc_context *c)
{
	return c->ksymbols.evlist ? kpc_evlist_nr_rings(c->ksymbols.evlist) : 0;
}

uint32_t kpc_context_nr_fds(const struct kpc_context *c)
{
	return nr_rings(c) + 1;
}

int kpc_context_fd(const struct kpc_context *c, uint32_t i)
{
	return i < nr_rings(c) ? kpc_evlist_ring(c->ksymbols.evlist, i)->fd :
				 c->clock_fd;
}

/* ---- symbols ------------------------------------------------------------- */

static void say_denied(struct kpc_context *c)
{
	int64_t restricted = 0;

	if (!c->symbols.denied || c->told_denied)
		return;
	c->told_denied = true;
	kpc_pseudofile_number("/proc/sys/kernel/kptr_restrict", &restricted);
	if (restricted > 1)
		say(c, KPC_LOG_WARNING,
		    "the kernel hides its addresses (kernel.kptr_restrict is "
		    "2): the trace has no symbols of it. As root, sysctl "
		    "kernel.kptr_restrict=1 shows them to a collector with "
		    "CAP_SYSLOG");
	else
		say(c, KPC_LOG_WARNING,
		    "the kernel hides its addresses from this user: the trace "
		    "has no symbols of it. Record as root or with CAP_SYSLOG, "
		    "or set kernel.kptr_restrict to 0 and "
		    "kernel.perf_event_paranoid to 1");
}

static int write_symbols(struct kpc_context *c, struct kpc_writer *writer)
{
	uint64_t lost = kpc_addresses_lost(c->addresses);

	say_denied(c);
	if (lost && !c->told_lost)
		say(c, KPC_LOG_WARNING,
		    "more than %u kernel addresses: the symbols of some will "
		    "be missing",
		    KPC_ADDRESSES_MAX);
	c->told_lost |= lost != 0;
	return kpc_symbols_write(&c->symbols, writer, lost, false);
}

/* Symbols are a help; that they can't be had doesn't end a recording. */
static bool is_fatal(int err)
{
	return err == -ENOMEM;
}

static int look_up(struct kpc_context *c, struct kpc_writer *writer,
		   uint64_t now_ns)
{
	int ret = kpc_symbols_begin(&c->symbols, c->addresses, now_ns);

	c->looked_up_ns = now_ns;
	if (!ret)
		do {
			ret = kpc_symbols_step(&c->symbols, &c->modules);
		} while (ret > 0);
	return is_fatal(ret) ? ret : write_symbols(c, writer);
}

static int tick_symbols(struct kpc_context *c, struct kpc_writer *writer,
			uint64_t now_ns)
{
	if (now_ns < c->symbols_ns || !kpc_addresses_waiting(c->addresses))
		return 0;
	c->symbols_ns = now_ns + c->symbols_step;
	if (c->symbols_step < SYMBOLS_MAX)
		c->symbols_step *= 2;
	return look_up(c, writer, now_ns);
}

/* ---- modules ------------------------------------------------------------- */

static int look_at_modules(struct kpc_context *c, struct kpc_writer *writer,
			   uint64_t now_ns)
{
	int err = kpc_modules_look(&c->modules, c->addresses);

	if (err)
		return err;
	/* Another one may be loaded where one was. */
	for (uint32_t i = 0; i < c->modules.nr; i++)
		if (!c->modules.module[i].seen)
			kpc_symbols_forget(&c->symbols,
					   c->modules.module[i].name);
	return kpc_modules_write(&c->modules, writer, now_ns, false);
}

/* ---- all of it ----------------------------------------------------------- */

static int write_heard(struct kpc_context *c, struct kpc_writer *writer)
{
	int err = kpc_ksymbols_write(&c->ksymbols, writer);

	return err ? err : kpc_cgroups_write(&c->cgroups, writer);
}

static int look(struct kpc_context *c, struct kpc_writer *writer,
		uint64_t now_ns)
{
	int err = write_heard(c, writer);

	return err ? err : look_at_modules(c, writer, now_ns);
}

int kpc_context_tick(struct kpc_context *c, struct kpc_writer *writer,
		     uint64_t now_ns)
{
	int err = check_clock(c, writer);

	if (!err)
		err = kpc_ksymbols_drain(&c->ksymbols);
	if (!c->look_ns)
		c->symbols_ns = now_ns + c->symbols_step;
	if (!err && now_ns >= c->look_ns) {
		c->look_ns = now_ns + LOOK_NS;
		err = look(c, writer, now_ns);
	}
	return err ? err : tick_symbols(c, writer, now_ns);
}

int kpc_context_symbols(struct kpc_context *c, struct kpc_writer *writer,
			uint64_t now_ns)
{
	int err = 0;

	if (now_ns - c->looked_up_ns < LOOK_NS)
		return 0;
	/* Once more for what came while the kernel's list was read. */
	for (int i = 0; !err && i < 2 && kpc_addresses_waiting(c->addresses);
	     i++)
		err = look_up(c, writer, now_ns);
	return err;
}

int kpc_context_news(struct kpc_context *c, struct kpc_writer *writer)
{
	int err = kpc_ksymbols_drain(&c->ksymbols);

	return err ? err : write_heard(c, writer);
}

int kpc_context_finish(struct kpc_context *c, struct kpc_writer *writer)
{
	uint64_t now_ns = kpc_trace_clock();
	int err = check_clock(c, writer);

	if (!err)
		err = kpc_ksymbols_drain(&c->ksymbols);
	if (!err)
		err = look_for_missed(c, now_ns);
	if (!err)
		err = look(c, writer, now_ns);
	return err ? err : look_up(c, writer, now_ns);
}

int kpc_context_snapshot(struct kpc_context *c, struct kpc_writer *writer)
{
	uint64_t now_ns = kpc_trace_clock();
	int err = kpc_modules_write(&c->modules, writer, now_ns, true);

	if (!err)
		err = kpc_ksymbols_snapshot(&c->ksymbols, writer);
	if (!err)
		err = look_at_cgroups(c, now_ns);
	if (!err)
		err = kpc_cgroups_snapshot(&c->cgroups, writer, now_ns);
	if (!err)
		err = kpc_symbols_write(&c->symbols, writer,
					kpc_addresses_lost(c->addresses), true);
	return err;
}
