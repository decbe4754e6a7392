# SPDX-License-Identifier: GPL-2.0-only
#
# What tools/crash-kprobex has crash's gdb print: a walk over the registry, with
# the names of kernel/*.h. No test runs crash: tests/native/crash_names.sh looks
# for a name that is gone, tests/vm/kernel_crash.sh has gdb do it. (printf can't
# take a literal string as an argument: gdb would put it into the dead machine's
# memory. A command's arguments end at blanks: these have none, they take
# variables.)

set $registry = (struct list_head *)&'probe.c'::probes
set $nameless = (struct list_head *)&'probe.c'::nameless
set $probe_at = (unsigned long)&((struct kpx_probe *)0)->node
set $class_at = (unsigned long)&((struct kpx_class *)0)->node

# $possible, of $cpu
define kpx_cpu
	set $possible = __cpu_possible_mask.bits[$cpu / 64] >> ($cpu % 64) & 1
end

# $probe's book, summed over the possible CPUs; an alias that was never opened has none
define kpx_book
	set $entered = 0
	set $no_listener = 0
	set $self = 0
	set $filtered = 0
	set $recursion = 0
	set $offered = 0
	set $clamped = 0
	set $truncated = 0
	set $by_int3 = 0
	set $in_flight = 0
	set $cpu = 0
	while $cpu < nr_cpu_ids
		kpx_cpu
		if $possible && $probe->book
			set $part = (struct kpx_book *)((unsigned long)$probe->book + __per_cpu_offset[$cpu])
			set $entered = $entered + $part->entered
			set $no_listener = $no_listener + $part->verdicts[KPX_NO_LISTENER]
			set $self = $self + $part->verdicts[KPX_SELF]
			set $filtered = $filtered + $part->verdicts[KPX_FILTERED] + $part->verdicts[KPX_FILTERED_BPF]
			set $recursion = $recursion + $part->verdicts[KPX_RECURSION]
			set $offered = $offered + $part->verdicts[KPX_OFFERED]
			set $clamped = $clamped + $part->clamped
			set $truncated = $truncated + $part->truncated
			set $by_int3 = $by_int3 + $part->by_int3
			set $in_flight = $in_flight + $part->calls - $part->returns
		end
		set $cpu = $cpu + 1
	end
end

# $attach's misses, in $hits and $returns: as kpx_attach_missed() of kernel/attach.c
define kpx_missed
	set $hits = $attach->missed.hits
	set $returns = $attach->missed.returns
	if $attach->is_armed
		set $hits = $hits - $attach->missed_base.hits
		set $returns = $returns - $attach->missed_base.returns
		set $kind = $attach->mech->kind
		if $kind == KPX_MECH_ANCHOR
			set $hits = $hits + $attach->probe->target.anchor.nmissed
		end
		if $kind == KPX_MECH_INT3 || $kind == KPX_MECH_JUMP
			set $hits = $hits + $attach->kp.nmissed
		end
		if $kind == KPX_MECH_RETURN && $attach->returns
			set $hook = 0
			while $hook < $attach->returns->nr
				set $hits = $hits + $attach->returns->hooks[$hook].rp.kp.nmissed
				set $returns = $returns + $attach->returns->hooks[$hook].rp.nmissed
				set $hook = $hook + 1
			end
		end
		if $kind == KPX_MECH_ENTRY && $attach->entries
			set $hook = 0
			while $hook < $attach->entries->nr
				set $hits = $hits + $attach->entries->hooks[$hook].kp.nmissed
				set $hook = $hook + 1
			end
		end
		if $kind == KPX_MECH_FPROBE && $attach->fprobe
			set $returns = $returns + $attach->fprobe->fp.nmissed
		end
	end
end

# $attach's $events: those of its classes, and the trace event
define kpx_events
	set $events = 0
	if $attach->face
		set $events = 1
	end
	set $node = $attach->classes.next
	while $node != &$attach->classes
		set $class = (struct kpx_class *)((char *)$node - $class_at)
		set $events = $events + $class->users.counter
		set $node = $node->next
	end
end

# $probe's events and misses, in $all_events, $all_hits and $all_returns
define kpx_sums
	set $all_events = 0
	set $all_hits = 0
	set $all_returns = 0
	set $mech = 0
	while $mech < KPX_NR_MECHS
		set $attach = $probe->attach[$mech]
		if $attach
			kpx_events
			kpx_missed
			set $all_events = $all_events + $events
			set $all_hits = $all_hits + $hits
			set $all_returns = $all_returns + $returns
		end
		set $mech = $mech + 1
	end
end

# $probe's line of the first table
define kpx_probe
	kpx_sums
	printf "%6u  %-24s  %6lu  %5u  ", $probe->id, $probe->spec->name, $all_events, $probe->target.nr_sites
	if $probe->spec->symbol
		printf "%s", $probe->spec->shown_symbol
		if $probe->spec->symbol_offset
			printf "+0x%x", $probe->spec->symbol_offset
		end
	else
		printf "0x%lx", $probe->spec->address
	end
	if $probe->flags & KPX_PROBE_PERSISTENT
		printf " persistent"
	end
	if $probe->flags & KPX_PROBE_ALIAS
		printf " alias"
	end
	if $probe->flags & KPX_PROBE_INTERNED
		printf " interned"
	end
	if $head == $nameless
		printf " nameless"
	end
	if $probe->is_orphan
		printf " orphan"
	end
	printf "\n"
end

# $probe's line of the second
define kpx_counters
	kpx_book
	kpx_sums
	printf "%6u  %10lu  %11lu  %8lu  %8lu  %9lu  %10lu  ", $probe->id, $entered, $no_listener, $self, $filtered, $recursion, $offered
	printf "%7lu  %9lu  %7lu  %9ld  %13lu  %13lu\n", $clamped, $truncated, $by_int3, $in_flight, $all_hits, $all_returns
end

# $attach's mechanism and $place: where its text is, of several sites the first
define kpx_mechanism
	set $kind = $attach->mech->kind
	set $place = (unsigned char *)0
	if $probe->target.nr_sites
		set $place = (unsigned char *)$probe->target.sites->ip
	end
	if $kind == KPX_MECH_ANCHOR
		printf "anchor   "
	end
	if $kind == KPX_MECH_INT3
		printf "int3     "
	end
	if $kind == KPX_MECH_JUMP
		printf "jump     "
	end
	if $kind == KPX_MECH_FTRACE
		printf "ftrace   "
	end
	if $kind == KPX_MECH_RETURN
		printf "return   "
	end
	if $kind == KPX_MECH_ENTRY
		printf "entry    "
	end
	if $kind == KPX_MECH_FPROBE
		printf "fprobe   "
	end
	if $kind == KPX_MECH_INT3 || $kind == KPX_MECH_JUMP
		set $place = (unsigned char *)$attach->kp.addr
	end
end

# What it says there: 0xe8 may be ftrace's call, and 0xe9 an optimised probe's jump
define kpx_text
	if $place
		set $byte = *$place
		printf "0x%02x", $byte
		if $byte == 0xcc
			printf " int3"
		end
		if $byte == 0xe8
			printf " call"
		end
		if $byte == 0xe9
			printf " jump"
		end
		if $byte != 0xcc && $byte != 0xe8 && $byte != 0xe9
			printf "     "
		end
	else
		printf "-        "
	end
end

# $list, in $length
define kpx_length
	set $length = 0
	set $event = $list->first
	while $event
		set $length = $length + 1
		set $event = $event->next
	end
end

# $class' events that are scheduled in
define kpx_class
	set $sampling = 0
	set $counting = 0
	set $cpu = 0
	while $cpu < nr_cpu_ids
		kpx_cpu
		if $possible
			set $lists = (struct kpx_class_cpu *)((unsigned long)$class->cpu + __per_cpu_offset[$cpu])
			set $list = &$lists->sampling
			kpx_length
			set $sampling = $sampling + $length
			set $list = &$lists->counting
			kpx_length
			set $counting = $counting + $length
		end
		set $cpu = $cpu + 1
	end
	set $pid = 0
	if $class->key.skip
		set $pid = $class->key.skip->numbers[0].nr
	end
	printf "        class 0x%016lx  users %u  sampling %u  counting %u  skip_pid %u  field %u  unit ", $class, $class->users.counter, $sampling, $counting, $pid, $class->key.field
	output $class->key.unit
	printf "\n"
end

# $probe's attachments, each with its classes
define kpx_attachments
	set $mech = 0
	while $mech < KPX_NR_MECHS
		set $attach = $probe->attach[$mech]
		if $attach
			kpx_events
			kpx_missed
			printf "%6u  ", $probe->id
			kpx_mechanism
			printf "%5u  ", $attach->is_armed
			kpx_text
			printf "  0x%016lx  %6lu  %10u  %13lu  %13lu\n", $place, $events, $attach->face_users, $hits, $returns
			set $node = $attach->classes.next
			while $node != &$attach->classes
				set $class = (struct kpx_class *)((char *)$node - $class_at)
				kpx_class
				set $node = $node->next
			end
		end
		set $mech = $mech + 1
	end
end

# Table $table of the probes in the list $head
define kpx_list
	set $at = $head->next
	while $at != $head
		set $probe = (struct kpx_probe *)((char *)$at - $probe_at)
		if $table == 1
			kpx_probe
		end
		if $table == 2
			kpx_counters
		end
		if $table == 3
			kpx_attachments
		end
		set $at = $at->next
	end
end

define kpx_table
	set $head = $registry
	kpx_list
	set $head = $nameless
	kpx_list
end

printf "probes:\n"
printf "    id  name                      events  sites  target and flags\n"
set $table = 1
kpx_table

printf "counters:\n"
printf " probe     entered  no_listener      self  filtered  recursion     offered  "
printf "clamped  truncated  by_int3  in_flight  missed_kprobe  missed_return\n"
set $table = 2
kpx_table

printf "attachments:\n"
printf " probe  mechanism armed  text       address             events  face_users  missed_kprobe  missed_return\n"
set $table = 3
kpx_table
