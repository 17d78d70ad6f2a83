/*
 * What NAME in a request of lavavisorctl means: a service, a shell pattern
 * over their names, a role, or all.  Pure.
 *
 * The name of a service wins over all else, so that one called `provider' can
 * be named.  Then a text with *, ? or [ is a pattern, and `all', `provider',
 * `providers', `role:provider' and the like are what they say.
 */

#ifndef LAVAVISORD_NAME_MATCH_H
#define LAVAVISORD_NAME_MATCH_H

#include "lavavisord/config.h"

enum name_kind {
	NAME_ONE,		/* the service of this name, if there is one */
	NAME_PATTERN,
	NAME_ROLE,
	NAME_ALL
};

struct name_choice {
	enum name_kind		 kind;
	enum service_role	 role;	/* NAME_ROLE */
	const char		*text;	/* the caller's, as long as this */
};

/* is_service: 1 if a service has this very name. */
void	 name_read(struct name_choice *, const char *text, int is_service);

/* 1 if a service of this name and role is meant. */
int	 name_means(const struct name_choice *, const char *name,
	    enum service_role);

/*
 * 1 if the whole name fits the pattern: * any text, ? any byte, [a-z] and
 * [!a-z] one of (not) these, \ takes the next byte as it is.  A [ without its
 * end is a letter.  Takes at most pattern times name steps, whatever they are:
 * patterns come from clients that may only look, and fnmatch(3) may take
 * exponential time.
 */
int	 name_fits(const char *pattern, const char *name);

#endif
