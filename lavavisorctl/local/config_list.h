/*
 * One name put into, or taken out of, the list `services:' of a config.yml
 * that people edit: every other byte stays as it is, comments, order,
 * indentation and line ends among them.  Block lists, [flow] lists, an empty
 * value and a missing key are all known.  What comes out is read again and
 * compared with what went in; where that fails nothing is changed and the
 * error says to edit by hand.  Pure.
 */

#ifndef LAVAVISORCTL_CONFIG_LIST_H
#define LAVAVISORCTL_CONFIG_LIST_H

#include <stddef.h>

enum list_edit {
	LIST_EDITED,		/* *out is the new text */
	LIST_SAME,		/* nothing to do */
	LIST_REFUSED		/* why says so: file:line:col */
};

/*
 * text is len bytes and a NUL, name one for a service; file is what errors
 * call it.
 * *out, *outlen: new memory, for free(3).
 */
enum list_edit	 config_list_add(const char *file, const char *text,
		    size_t len, const char *name, char **out, size_t *outlen,
		    char *why, size_t size);
enum list_edit	 config_list_remove(const char *file, const char *text,
		    size_t len, const char *name, char **out, size_t *outlen,
		    char *why, size_t size);

/*
 * The names that are listed, in *names (each and the array for free(3)), *n of
 * them.  0, or -1 when text is no config.
 */
int	 config_list_names(const char *text, size_t len, char ***names,
	    size_t *n);

/* 1 if it is listed, 0 if not, -1 with why when text is no config. */
int	 config_list_has(const char *file, const char *text, size_t len,
	    const char *name, char *why, size_t size);

#endif
