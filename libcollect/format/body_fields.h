/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * body_fields - the field numbers of the bodies that tell of what is around the
 * events, for those who write and read them without protobuf-c; batch_fields.h
 * has those of a Batch
 */
#ifndef KPC_BODY_FIELDS_H
#define KPC_BODY_FIELDS_H

enum task_number { /* TaskEvent's, and Tasks' of it */
	TASK_WHAT = 1,
	TASK_TIME = 2,
	TASK_PID = 3,
	TASK_TID = 4,
	TASK_COMM = 5,
	TASK_PARENT = 6,
	TASK_EXEC = 7,
	TASK_PARENT_PID = 8,
	TASKS_EVENT = 1,
};

enum maps_number {
	MAPS_FILE = 1,
	MAPS_WHAT = 2,
	MAPS_TIME = 3,
	MAPS_PID = 4,
	MAPS_START = 5,
	MAPS_BYTES = 6,
	MAPS_OFFSET = 7,
	MAPS_FILE_INDEX = 8,
};

enum file_number { /* MappedFile's */
	FILE_PATH = 1,
	FILE_BUILD_ID = 2,
	FILE_MAJOR = 3,
	FILE_MINOR = 4,
	FILE_INODE = 5,
};

enum symbols_number { /* KernelSymbols' */
	SYMBOLS_TIME = 1,
	SYMBOLS_START = 2,
	SYMBOLS_BYTES = 3,
	SYMBOLS_MODULE = 4,
	SYMBOLS_NAME_BYTES = 5,
	SYMBOLS_NAMES = 6,
	SYMBOLS_MODULE_NAME = 7,
};

enum module_number { /* KernelModule's, and KernelModules' of it */
	MODULE_NAME = 1,
	MODULE_ADDRESS = 2,
	MODULE_BYTES = 3,
	MODULE_BUILD_ID = 4,
	MODULE_GONE = 5,
	MODULES_TIME = 1,
	MODULES_MODULE = 2,
};

enum ksymbol_number { /* Ksymbol's, and Ksymbols' of it */
	KSYMBOL_TIME = 1,
	KSYMBOL_ADDRESS = 2,
	KSYMBOL_BYTES = 3,
	KSYMBOL_NAME = 4,
	KSYMBOL_TYPE = 5,
	KSYMBOL_GONE = 6,
	KSYMBOLS_SYMBOL = 1,
};

enum poke_number { /* TextPoke's, and TextPokes' of it */
	POKE_TIME = 1,
	POKE_ADDRESS = 2,
	POKE_OLD = 3,
	POKE_NEW = 4,
	POKES_POKE = 1,
};

enum cgroup_number { /* Cgroup's, and Cgroups' of it */
	CGROUP_ID = 1,
	CGROUP_PATH = 2,
	CGROUPS_CGROUP = 1,
};

#endif /* KPC_BODY_FIELDS_H */
