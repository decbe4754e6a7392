/* SPDX-License-Identifier: GPL-2.0-only */
/* What storm.bpf.c and its test have in common. */
#ifndef TESTS_BPF_STORM_H
#define TESTS_BPF_STORM_H

/* Keys of "runs"; of A, B and C the letters of a word, of two bits each. */
enum {
	STORM_FIRST,
	STORM_A,
	STORM_B,
	STORM_C,
	STORM_LAST,
	STORM_GUEST,
	STORM_PROGRAMS
};

/* Keys of "found": 1, then the letters; the last one is for what is no word. */
#define STORM_WORDS 256

#endif /* TESTS_BPF_STORM_H */
