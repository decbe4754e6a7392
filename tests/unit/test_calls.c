// SPDX-License-Identifier: GPL-2.0-only
/* test_calls - which events are halves of a call */
#include <string.h>

#include "calls.h"
#include "unit.h"

static struct kpc_event tracepoint(const char *name)
{
	return (struct kpc_event){
		.name = (char *)name,
		.source = KPC_SOURCE_TRACEPOINT,
	};
}

static struct kpc_event probe(const char *name, const char *definition)
{
	return (struct kpc_event){
		.name = (char *)name,
		.source = KPC_SOURCE_KPROBEX,
		.definition = (char *)definition,
	};
}

/* Both halves are there, and are of one call of that name. */
static void check_pair(struct kpc_event entry, struct kpc_event exit,
		       const char *name, bool is_syscall)
{
	struct kpc_calls calls = { 0 };
	struct kpc_call a, b;

	assert_int_equal(kpc_calls_add(&calls, &entry), 0);
	assert_int_equal(kpc_calls_add(&calls, &exit), 0);
	kpc_calls_find(&calls, &entry, &a);
	kpc_calls_find(&calls, &exit, &b);
	assert_int_equal(a.part, KPC_CALL_ENTRY);
	assert_int_equal(b.part, KPC_CALL_RETURN);
	assert_int_equal(a.group, b.group);
	assert_string_equal(a.name, name);
	assert_string_equal(b.name, name);
	assert_int_equal(a.is_syscall, is_syscall);
	kpc_calls_uninit(&calls);
}

static void check_alone(struct kpc_event event, struct kpc_event other)
{
	struct kpc_calls calls = { 0 };
	struct kpc_call call;

	assert_int_equal(kpc_calls_add(&calls, &event), 0);
	assert_int_equal(kpc_calls_add(&calls, &other), 0);
	kpc_calls_find(&calls, &event, &call);
	assert_int_equal(call.part, KPC_CALL_ALONE);
	assert_string_equal(call.name, event.name);
	kpc_calls_uninit(&calls);
}

static void test_tracepoints(void **state)
{
	(void)state;
	check_pair(tracepoint("raw_syscalls:sys_enter"),
		   tracepoint("raw_syscalls:sys_exit"), "system call", true);
	check_pair(tracepoint("syscalls:sys_enter_read"),
		   tracepoint("syscalls:sys_exit_read"), "read", true);
	check_pair(tracepoint("irq:softirq_entry"),
		   tracepoint("irq:softirq_exit"), "softirq", false);
	check_pair(tracepoint("workqueue:workqueue_execute_start"),
		   tracepoint("workqueue:workqueue_execute_end"),
		   "workqueue_execute", false);
}

static void test_probes(void **state)
{
	(void)state;
	check_pair(probe("w", "p:w vfs_write count=$arg3:u64"),
		   probe("w__return", "r16:w__return vfs_write $retval"), "w",
		   false);
	check_alone(probe("w", "p:w vfs_write"),
		    probe("r__return", "r:r__return vfs_read"));
}

/* Half of a call is none, and neither are names that only look like it. */
static void test_alone(void **state)
{
	(void)state;
	check_alone(tracepoint("raw_syscalls:sys_enter"),
		    tracepoint("sched:sched_switch"));
	check_alone(tracepoint("syscalls:sys_enter_read"),
		    tracepoint("syscalls:sys_exit_write"));
	check_alone(tracepoint("a:b_entry"), tracepoint("c:b_exit"));
	check_alone(tracepoint("a:sys_enterprise"),
		    tracepoint("a:sys_exitprise"));
	check_alone(tracepoint("a:_entry"), tracepoint("a:_exit"));
	check_alone(tracepoint("odd_entry"), tracepoint("odd_exit"));
	check_alone(probe("p", "p:p"), probe("r", "r:r"));
}

/* The time that it took says enough. */
static void test_whole(void **state)
{
	struct kpc_field fields[] = {
		{ .name = (char *)"count", .kind = KPC_FIELD_UNSIGNED },
		{ .name = (char *)"ns", .kind = KPC_FIELD_UNSIGNED },
	};
	struct kpc_event event =
		probe("w", "r:w vfs_write count=$arg3:u64 ns=$duration:u64");
	struct kpc_calls calls = { 0 };
	struct kpc_call call;

	(void)state;
	event.fields = fields;
	event.nr_fields = 2;
	assert_int_equal(kpc_calls_add(&calls, &event), 0);
	kpc_calls_find(&calls, &event, &call);
	assert_int_equal(call.part, KPC_CALL_WHOLE);
	assert_int_equal(call.duration, 1);
	/* Text has no length in time. */
	fields[1].kind = KPC_FIELD_STRING;
	kpc_calls_find(&calls, &event, &call);
	assert_int_equal(call.part, KPC_CALL_ALONE);
	kpc_calls_uninit(&calls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
