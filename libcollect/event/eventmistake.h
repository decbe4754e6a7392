/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventmistake - what can't be understood in a text, and why
 */
#ifndef KPC_EVENTMISTAKE_H
#define KPC_EVENTMISTAKE_H

struct kpc_eventmistake {
	const char *at; /* in the text */
	const char *reason;
};

#endif /* KPC_EVENTMISTAKE_H */
