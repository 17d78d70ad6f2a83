/*
 * `check`: one line and an exit code as a monitoring plugin has them, after the
 * Monitoring Plugins Development Guidelines
 * (https://www.monitoring-plugins.org/doc/guidelines.html): 0 OK, 1 WARNING,
 * 2 CRITICAL, 3 UNKNOWN, and behind a | what is measured.
 */

#ifndef LAVAVISORCTL_CHECK_H
#define LAVAVISORCTL_CHECK_H

#include <stdio.h>

#include <jansson.h>

/* Prints the daemon's answer {status, text, perfdata, ...}. */
void	 check_print(FILE *, const json_t *);

/*
 * There is no answer, for this reason, and lavavisorctl would exit with this
 * code: prints the line, or with json {status, text}, and returns the plugin's
 * code.  That no daemon answers is critical, as the guidelines say of a service
 * that does not run; all else is unknown.
 */
int	 check_trouble(FILE *, int code, const char *why, int json);

#endif
