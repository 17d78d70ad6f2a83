/*
 * Whether the /proc that is mounted, if any, is of our own pid namespace, see
 * pid_namespaces(7): below that of another one, /proc/PID is another process.
 * /proc/self is ourselves in either.
 */

#ifndef COMPAT_LINUX_OWN_PROC_H
#define COMPAT_LINUX_OWN_PROC_H

#include <stddef.h>

/* 1; or 0 with errno, ENOENT when there is none or it is another's. */
int	 own_proc(void);

/* What it calls ourselves, in that many bytes.  0, or -1 and errno. */
int	 own_proc_self(char *, size_t);

#endif
