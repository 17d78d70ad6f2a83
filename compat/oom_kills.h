/*
 * How many processes the kernel has killed because memory ran out.
 */

#ifndef COMPAT_OOM_KILLS_H
#define COMPAT_OOM_KILLS_H

#include <stdint.h>

/*
 * Since the boot and on the whole host, also for the limit of a control group:
 * oom_kill of /proc/vmstat on Linux.  0, or -1 with errno; ENOSYS on OpenBSD,
 * whose kernel never chooses a process to kill.
 */
int	 oom_kills(uint64_t *);

#endif
