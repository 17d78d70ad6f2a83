/*
 * Set-user-ID programs without their rights.
 */

#ifndef COMPAT_NO_NEW_PRIVS_H
#define COMPAT_NO_NEW_PRIVS_H

/*
 * Linux: what this process executes gains no rights from set-user-ID bits.
 * OpenBSD has no such thing: 0.  0, or -1 with errno.
 */
int	 no_new_privs(void);

#endif
