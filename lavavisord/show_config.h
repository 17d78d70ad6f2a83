/*
 * lavavisorctl show config: which daemon this is, and its configuration.
 */

#ifndef LAVAVISORD_SHOW_CONFIG_H
#define LAVAVISORD_SHOW_CONFIG_H

struct client;
struct msg_request;

/* Once, at the start: since when it runs. */
void	 show_config_begin(void);

/* Answers VERB_SHOW_CONFIG. */
void	 show_config(struct client *, const struct msg_request *);

#endif
