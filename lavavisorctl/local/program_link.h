/*
 * The link `lavap' in a directory of programs, for people who type it: it
 * leads to upgrades/current/lavap and so follows each upgrade.  What is not
 * such a link is somebody's own lavap, and is never touched.
 */

#ifndef LAVAVISORCTL_PROGRAM_LINK_H
#define LAVAVISORCTL_PROGRAM_LINK_H

#include <stddef.h>

struct place;

enum link_state {
	LINK_MADE,
	LINK_CHANGED,		/* it was an older one of ours */
	LINK_THERE,
	LINK_FOREIGN,		/* left alone: text says what is there */
	LINK_FAILED		/* text says why */
};

/*
 * directory: where it goes; NULL for /usr/local/bin as root, ~/.local/bin
 * (made if need be) else.  path gets its full path, PLACE_PATH_SIZE bytes.
 */
enum link_state	 program_link(const struct place *, const char *directory,
		    char *path, char *text, size_t size);

/* 1 if a shell finds programs in the directory of this path. */
int	 program_link_found(const char *path);

#endif
