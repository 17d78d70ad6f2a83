#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/message.h"
#include "common/words.h"
#include "lavavisorctl/commands.h"
#include "lavavisorctl/complete.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/option_table.h"
#include "lavavisorctl/sockets.h"

#define ASK_S		1
#define WORDS_MAX	4	/* no command takes more */
#define FIRSTS_MAX	128

/* The line so far */
struct line {
	FILE			*out;
	const char		*typed;	/* the word that is not there yet */
	const char		*words[WORDS_MAX];
	size_t			 nwords;
	const struct option_rule *before;	/* it wants its value now */
	const char		*socket;
	const char		*directory;
	const char *const	*others;
	size_t			 nothers;
	void			(*others_options)(const char *, const char *);
};

static void	answer(struct line *, const struct hearing *);
static void	arguments(struct line *, const struct command *, size_t);
static const char *first_of(struct line *);
static void	first_words(struct line *);
static int	is_before(size_t);
static void	names(struct line *);
static void	offer(struct line *, const char *);
static void	options(struct line *);
static const char *other_of(struct line *);
static void	other_words(struct line *, const char *);
static const struct option_rule *rule_of(const char *, const char *);
static void	second_words(struct line *, const char *);
static void	take(struct line *, const char *);

static void
offer(struct line *l, const char *word)
{
	if (strncmp(word, l->typed, strlen(l->typed)) == 0)
		fprintf(l->out, "%s\n", word);
}

/* The full first word, "" when it is none of the table */
static const char *
first_of(struct line *l)
{
	const char	*firsts[FIRSTS_MAX];
	size_t		 i;
	int		 found;

	if (l->nwords == 0)
		return "";
	for (i = 0; i < commands_count && i < FIRSTS_MAX; i++)
		firsts[i] = commands[i].first;
	found = word_find(firsts, i, l->words[0]);
	return found < 0 ? "" : firsts[found];
}

/* The full first word of a command that needs no daemon, or NULL */
static const char *
other_of(struct line *l)
{
	const char	*firsts[FIRSTS_MAX];
	size_t		 i, n = 0;
	int		 found;

	if (l->nwords == 0)
		return NULL;
	for (i = 0; i < l->nothers && n < FIRSTS_MAX; i++)
		firsts[n++] = l->others[i];
	for (i = 0; i < commands_count && n < FIRSTS_MAX; i++)
		firsts[n++] = commands[i].first;
	found = word_find(firsts, n, l->words[0]);
	return found < 0 || (size_t)found >= l->nothers ? NULL :
	    firsts[found];
}

/* "-n" or "--lines" of this command, NULL unknown */
static const struct option_rule *
rule_of(const char *first, const char *word)
{
	const struct option_rule	*o, *found = NULL;
	size_t				 i;

	for (i = 0; i < option_rules_count; i++) {
		o = &option_rules[i];
		if (o->command != NULL && strcmp(o->command, first) != 0)
			continue;
		if (word[1] == '-' ? strcmp(o->name, word + 2) == 0 :
		    o->letter != '\0' && o->letter == word[1] &&
		    word[2] == '\0')
			found = o;
	}
	return found;
}

/* One word of those that are there */
static void
take(struct line *l, const char *word)
{
	if (l->before != NULL) {
		if (l->before->id == OPT_SOCKET)
			l->socket = word;
		if (l->before->id == OPT_DIRECTORY)
			l->directory = word;
		l->before = NULL;
		return;
	}
	if (word[0] == '-' && word[1] != '\0') {
		l->before = rule_of(first_of(l), word);
		if (l->before != NULL && l->before->value == NULL)
			l->before = NULL;
		if (strncmp(word, "--directory=", 12) == 0)
			l->directory = word + 12;
		if (strncmp(word, "--socket=", 9) == 0)
			l->socket = word + 9;
		return;
	}
	if (l->nwords == 0 && strcmp(word, "help") == 0)
		return;
	if (l->nwords < WORDS_MAX)
		l->words[l->nwords++] = word;
}

static void
options(struct line *l)
{
	const struct option_rule	*o;
	const char			*first = first_of(l);
	char				 text[64];
	size_t				 i;

	for (i = 0; i < option_rules_count; i++) {
		o = &option_rules[i];
		if (o->command != NULL && strcmp(o->command, first) != 0)
			continue;
		snprintf(text, sizeof(text), "--%s", o->name);
		offer(l, text);
		snprintf(text, sizeof(text), "-%c", o->letter);
		if (o->letter != '\0')
			offer(l, text);
	}
}

/* 1 if a row before this one begins with the same word */
static int
is_before(size_t i)
{
	size_t	 k;

	for (k = 0; k < i; k++)
		if (strcmp(commands[k].first, commands[i].first) == 0)
			return 1;
	return 0;
}

static void
first_words(struct line *l)
{
	size_t	 i;

	for (i = 0; i < commands_count; i++)
		if (!is_before(i))
			offer(l, commands[i].first);
	for (i = 0; i < l->nothers; i++)
		offer(l, l->others[i]);
	offer(l, "help");
}

static void
second_words(struct line *l, const char *first)
{
	size_t	 i;

	for (i = 0; i < commands_count; i++)
		if (strcmp(commands[i].first, first) == 0)
			offer(l, commands[i].second);
}

static void
answer(struct line *l, const struct hearing *h)
{
	const char	*name;
	json_t		*list, *one;
	size_t		 i;

	list = json_loadb(h->line, h->length, 0, NULL);
	json_array_foreach(list, i, one) {
		name = json_string_value(json_object_get(one, "name"));
		if (name != NULL)
			offer(l, name);
	}
	json_decref(list);
}

static void
names(struct line *l)
{
	struct invocation	 inv;
	struct conversation	 c;
	struct hearing		 h;
	enum heard		 heard;
	char			 path[SOCKET_PATH_SIZE], why[TEXT_SIZE];
	int			 fd, code;

	memset(&inv, 0, sizeof(inv));
	inv.command = &commands[0];	/* one that reads */
	inv.socket = l->socket;
	inv.directory = l->directory;
	inv.request.catalogue = MESSAGE_CATALOGUE;
	inv.request.verb = VERB_SHOW_SERVICES;
	if ((fd = daemon_connect(&inv, path, why, sizeof(why), &code)) == -1)
		return;
	if (conversation_open(&c, fd, path, &inv.request, ASK_S) == -1) {
		close(fd);
		return;
	}
	do {
		heard = conversation_hear(&c, -1, &h);
		if (heard == HEARD_LINE)
			answer(l, &h);
		if (h.fd != -1)
			close(h.fd);
	} while (heard == HEARD_LINE || heard == HEARD_NOTHING);
	conversation_close(&c);
}

/* What stands behind the name of a command that needs no daemon */
static void
other_words(struct line *l, const char *name)
{
	if (l->typed[0] == '-')
		l->others_options(name, l->typed);
	else if (l->nwords == 1 && strcmp(name, "create-service") == 0) {
		offer(l, "provider");
		offer(l, "consumer");
	} else if (l->nwords == 1 && strcmp(name, "remove-service") == 0)
		names(l);
}

static void
arguments(struct line *l, const struct command *c, size_t given)
{
	uint32_t	 i;

	if (given == 0 && strstr(c->arguments, "NAME") != NULL) {
		names(l);
		if (strstr(c->arguments, "all") != NULL ||
		    c->verb == VERB_WAIT)
			offer(l, "all");
	} else if (given == 1 && c->verb == VERB_WAIT) {
		for (i = 0; i < SERVICE_STATES; i++)
			offer(l, service_state_name(i));
		offer(l, "ready");
		offer(l, "version");
	}
}

void
complete_print(FILE *out, int n, char *const words[],
    const char *const *others, size_t nothers,
    void (*others_options)(const char *, const char *))
{
	struct line	 l;
	const char	*first, *other, *seconds[FIRSTS_MAX];
	size_t		 i, k = 0;
	int		 at, found;

	memset(&l, 0, sizeof(l));
	l.out = out;
	l.typed = n > 0 ? words[n - 1] : "";
	l.others = others;
	l.nothers = nothers;
	l.others_options = others_options;
	for (at = 0; at + 1 < n; at++)
		take(&l, words[at]);
	first = first_of(&l);
	if (l.before != NULL)
		return;
	if ((other = other_of(&l)) != NULL) {
		other_words(&l, other);
		return;
	}
	if (l.typed[0] == '-')
		options(&l);
	else if (l.nwords == 0)
		first_words(&l);
	if (l.typed[0] == '-' || first[0] == '\0')
		return;
	for (i = 0; i < commands_count && k < FIRSTS_MAX; i++) {
		if (strcmp(commands[i].first, first) != 0)
			continue;
		if (commands[i].second == NULL) {
			arguments(&l, &commands[i], l.nwords - 1);
			return;
		}
		seconds[k++] = commands[i].second;
	}
	if (l.nwords == 1)
		second_words(&l, first);
	else if ((found = word_find(seconds, k, l.words[1])) >= 0)
		for (i = 0; i < commands_count; i++)
			if (commands[i].second == seconds[found] &&
			    strcmp(commands[i].first, first) == 0)
				arguments(&l, &commands[i], l.nwords - 2);
}
