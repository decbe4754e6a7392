# SPDX-License-Identifier: GPL-2.0-only
#
# What tools/crash-kprobex has crash's gdb print: a walk over the registry, with
# the names of kernel/probe.h and kernel/attach.h. (printf can't take a literal
# string as an argument: gdb would put it into the dead machine's memory. A
# command's arguments end at blanks: these have none, they take variables.)

set $registry = (struct list_head *)&'probe.c'::probes
set $probe_at = (unsigned long)&((struct kpx_probe *)0)->node
set $class_at = (unsigned long)&((struct kpx_class *)0)->node

# $probe's book, summed over the possible CPUs
define kpx_book
	set $entered = 0
	set $no_listener = 0
	set $self = 0
	set $recursion = 0
	set $offered = 0
	set $cpu = 0
	while $cpu < nr_cpu_ids
		if __cpu_possible_mask.bits[$cpu / 64] >> ($cpu % 64) & 1
			set $part = (struct kpx_book *)((unsigned long)$probe->book + __per_cpu_offset[$cpu])
			set $entered = $entered + $part->entered
			set $no_listener = $no_listener + $part->verdicts[KPX_NO_LISTENER]
			set $self = $self + $part->verdicts[KPX_SELF]
			set $recursion = $recursion + $part->verdicts[KPX_RECURSION]
			set $offered = $offered + $part->verdicts[KPX_OFFERED]
		end
		set $cpu = $cpu + 1
	end
end

# $attach's events and misses, in $events and $missed
define kpx_attach
	set $events = 0
	set $node = $attach->classes.next
	while $node != &$attach->classes
		set $class = (struct kpx_class *)((char *)$node - $class_at)
		set $events = $events + $class->users.counter
		set $node = $node->next
	end
	set $missed = $attach->missed
	if $attach->armed
		set $missed = $missed + $attach->kp.nmissed - $attach->missed_base
	end
end

# $probe's line of the first table
define kpx_probe
	kpx_book
	set $attach = &$probe->attach
	kpx_attach
	printf "%6u  %-24s  %6lu  %10lu  %10lu  %8lu  %10lu  %10lu  %8lu  ", $probe->id, $probe->spec->name, $events, $entered, $no_listener, $self, $recursion, $offered, $missed
	if $probe->spec->symbol
		printf "%s+0x%x\n", $probe->spec->symbol, $probe->spec->symbol_offset
	else
		printf "0x%lx\n", $probe->spec->address
	end
end

# $probe's attachment and its classes
define kpx_attachment
	set $attach = &$probe->attach
	set $byte = *(unsigned char *)$attach->kp.addr
	printf "%6u  %5u  0x%02x  0x%016lx\n", $probe->id, $attach->armed, $byte, $attach->kp.addr
	set $node = $attach->classes.next
	while $node != &$attach->classes
		set $class = (struct kpx_class *)((char *)$node - $class_at)
		set $pid = 0
		if $class->skip
			set $pid = $class->skip->numbers[0].nr
		end
		printf "        class 0x%016lx  users %u  skip_pid %u\n", $class, $class->users.counter, $pid
		set $node = $node->next
	end
end

printf "probes:\n"
printf "    id  name                      events     entered  no_listener      self   recursion     offered    missed  target\n"
set $at = $registry->next
while $at != $registry
	set $probe = (struct kpx_probe *)((char *)$at - $probe_at)
	kpx_probe
	set $at = $at->next
end

printf "attachments:\n"
printf " probe  armed  text  address\n"
set $at = $registry->next
while $at != $registry
	set $probe = (struct kpx_probe *)((char *)$at - $probe_at)
	kpx_attachment
	set $at = $at->next
end
