/* SPDX-License-Identifier: GPL-2.0-only */
/* What tail.bpf.c and its test have in common. */
#ifndef TESTS_BPF_TAIL_H
#define TESTS_BPF_TAIL_H

/* Keys of "counts". */
enum {
	TAIL_EVEN,
	TAIL_ODD,
	TAIL_MISSED, /* there was no program in the map */
	TAIL_COUNTS
};

#endif /* TESTS_BPF_TAIL_H */
