/*
 * `lavavisorctl check`: the parent's facts, judged by check_rule.h.
 */

#ifndef LAVAVISORD_SHOW_CHECK_H
#define LAVAVISORD_SHOW_CHECK_H

struct client;
struct msg_request;

/*
 * Answers {status, text, perfdata, problems}, all services or those of the
 * request's name, and ends with the exit code of a plugin.
 */
void	 show_check(struct client *, const struct msg_request *);

#endif
