/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd - the verbs of collect, and how they end
 */
#ifndef CMD_H
#define CMD_H

enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_LOSS = 3,	 /* under --strict */
	CMD_DAMAGED = 4, /* a trace is cut or damaged; the rest was shown */
};

/* Each takes what main() would: argv[0] is the verb. Returns the exit status */
int cmd_record(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_expose(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_receive(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_html(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_repair(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_complete(int argc, char **argv);

#endif /* CMD_H */
