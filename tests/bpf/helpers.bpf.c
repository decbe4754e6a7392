// SPDX-License-Identifier: GPL-2.0-only
/*
 * helpers - what each helper says at a hit, for a test to compare
 *
 * helpers_task is for vfs_write(file, buf, count, pos), whose buffer is a user's;
 * helpers_kernel for a function whose first two arguments are a pointer to kernel
 * memory and to a string there.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct helpers_result);
} results SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} output SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384); /* two in one bucket are an error */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, HELPERS_STACK * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} lru SEC(".maps");

static __always_inline void count_in(void *map, __u32 key)
{
	__u64 *count = bpf_map_lookup_elem(map, &key), one = 1;

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(map, &key, &one, BPF_ANY);
}

static __always_inline void record_of(struct helpers_record *record,
				      struct pt_regs *ctx)
{
	record->pid_tgid = bpf_get_current_pid_tgid();
	record->count = PT_REGS_PARM3(ctx);
	record->cookie = bpf_get_attach_cookie(ctx);
}

static __always_inline void send(struct pt_regs *ctx)
{
	struct helpers_record record, *reserved;

	record_of(&record, ctx);
	bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &record,
			      sizeof(record));
	reserved = bpf_ringbuf_reserve(&ring, sizeof(*reserved), 0);
	if (!reserved)
		return;
	record_of(reserved, ctx);
	bpf_ringbuf_submit(reserved, 0);
}

SEC("kprobe")
int helpers_task(struct pt_regs *ctx)
{
	struct helpers_result *result;
	__u32 key = HELPERS_TASK;

	result = bpf_map_lookup_elem(&results, &key);
	if (!result)
		return 0;
	result->runs++;
	result->pid_tgid = bpf_get_current_pid_tgid();
	result->uid_gid = bpf_get_current_uid_gid();
	result->cookie = bpf_get_attach_cookie(ctx);
	result->func_ip = bpf_get_func_ip(ctx);
	result->cpu = bpf_get_smp_processor_id();
	result->ktime_ns = bpf_ktime_get_ns();
	bpf_get_current_comm(result->comm, sizeof(result->comm));
	result->read_ret = bpf_probe_read_user(result->bytes,
					       sizeof(result->bytes),
					       (void *)PT_REGS_PARM2(ctx));
	result->string_ret =
		bpf_probe_read_user_str(result->string, sizeof(result->string),
					(void *)PT_REGS_PARM2(ctx));
	/* what isn't there is an error, and doesn't fault */
	result->bad_ret = bpf_probe_read_user(&key, sizeof(key), (void *)8);
	result->kernel_stack = bpf_get_stackid(ctx, &stacks, 0);
	result->user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	count_in(&percpu, PT_REGS_PARM3(ctx) & 3);
	count_in(&lru, PT_REGS_PARM3(ctx) & 3);
	send(ctx);
	return 1;
}

SEC("kprobe")
int helpers_kernel(struct pt_regs *ctx)
{
	struct helpers_result *result;
	__u32 key = HELPERS_KERNEL;

	result = bpf_map_lookup_elem(&results, &key);
	if (!result)
		return 0;
	result->runs++;
	result->pid_tgid = bpf_get_current_pid_tgid();
	result->cookie = bpf_get_attach_cookie(ctx);
	result->func_ip = bpf_get_func_ip(ctx);
	result->read_ret = bpf_probe_read_kernel(result->bytes,
						 sizeof(result->bytes),
						 (void *)PT_REGS_PARM1(ctx));
	result->string_ret = bpf_probe_read_kernel_str(
		result->string, sizeof(result->string),
		(void *)PT_REGS_PARM2(ctx));
	result->bad_ret = bpf_probe_read_kernel(&key, sizeof(key), (void *)8);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
