/*
 * A program that has no business on the network.
 */

#ifndef COMPAT_NO_NETWORK_H
#define COMPAT_NO_NETWORK_H

/*
 * From here on this process and what it executes get no sockets.  Linux: a
 * seccomp filter that refuses socket(2) and io_uring, under no_new_privs.
 * OpenBSD: execpromises of pledge(2) without inet and unix.  0, or -1 with
 * errno.
 */
int	 no_network(void);

#endif
