/*
 * The answer of show config as YAML: the files of the configuration as they
 * would have to be written, headed by comments that say which daemon it is.
 */

#ifndef LAVAVISORCTL_CONFIG_TEXT_H
#define LAVAVISORCTL_CONFIG_TEXT_H

#include <stdio.h>

#include <jansson.h>

/*
 * {daemon, config, services: {NAME: ...}}.  The first of config and services
 * stands alone, each further one is a document of its own.  Whatever is in it
 * is safe for a terminal.
 */
void	 config_text_print(FILE *, const json_t *);

#endif
