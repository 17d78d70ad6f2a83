/*
 * The URL of a release file from a source of the config.
 */

#ifndef LAVAVISORD_URL_TEMPLATE_H
#define LAVAVISORD_URL_TEMPLATE_H

#include <stddef.h>

/*
 * Replaces {version}, {os} and {arch} in the template and appends "/" and
 * name.  0, or -1 when it does not fit.
 */
int	 url_template(const char *, const char *version, const char *name,
	    char *url, size_t);

#endif
