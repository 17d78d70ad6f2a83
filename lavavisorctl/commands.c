#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisorctl/commands.h"
#include "lavavisorctl/option_table.h"
#include "common/words.h"

#define WORDS_MAX	5		/* more are too many for any command */
#define ID_DIGITS	18		/* of an upgrade */
#define WAIT_DEFAULT_S	60
#define LOG_LINES	10
#define HISTORY_LINES	50
/* What the daemon may be late with the end of a wait */
#define WAIT_GRACE_S	30

/* First words, second words: more than there are */
#define FIRSTS_MAX	128

static struct {
	const char *const	*words;
	size_t			 count;
} also;

struct parser {
	struct invocation	*inv;
	const char		*words[WORDS_MAX];
	size_t			 nwords;
	int64_t			 timeout;	/* -t, -1 not given */
	int			 argc;
	char *const		*argv;
	int			 at;		/* the next argument */
	char			*why;
	size_t			 size;
};

static const char *argument(struct parser *, size_t);
static int	apply(struct parser *, const struct option_rule *,
		    const char *);
static int	complain(struct parser *, const char *, ...)
		    __attribute__((__format__(__printf__, 2, 3)));
static int	copy_name(struct parser *, char *, size_t, const char *,
		    const char *);
static int	fill_approve(struct parser *, size_t);
static int	fill_id(struct parser *, size_t);
static int	fill_install(struct parser *, size_t);
static int	fill_request(struct parser *, size_t);
static int	fill_unlock(struct parser *, size_t);
static int	fill_version(struct parser *, size_t);
static int	fill_wait(struct parser *, size_t);
static int	find_command(struct parser *, size_t *);
static const struct command *first_command(struct parser *);
static int	find_second(struct parser *, size_t, size_t *);
static const char *first_word(struct parser *);
static size_t	first_words(const char **);
static const struct option_rule *letter_rule(struct parser *, char);
static int	parse_all(struct parser *);
static int	parse_letters(struct parser *, const char *);
static int	parse_long(struct parser *, const char *);
static int	parse_lines(const char *, int64_t *);
static int	parse_number(const char *, int64_t *);
static const char *read_version(struct parser *, const char *);
static int	parse_seconds(const char *, int64_t *);
static void	list_words(const char *const *, size_t, char *, size_t);
static int	wrong_word(struct parser *, const char *const *, size_t,
		    const char *, int);

static int
complain(struct parser *p, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(p->why, p->size, fmt, ap);
	va_end(ap);
	return -1;
}

/* Whole seconds, also as 90s, 10m, 24h */
static int
parse_seconds(const char *text, int64_t *seconds)
{
	char		*end;
	long long	 n, unit = 1;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 9)
		return -1;
	n = strtoll(text, &end, 10);
	if (*end == 'm')
		unit = 60;
	else if (*end == 'h')
		unit = 3600;
	else if (*end != 's' && *end != '\0')
		return -1;
	if (*end != '\0' && end[1] != '\0')
		return -1;
	if (n > 31536000 / unit)
		return -1;
	*seconds = n * unit;
	return 0;
}

static int
parse_number(const char *text, int64_t *n)
{
	if (strspn(text, "0123456789") != strlen(text) || text[0] == '\0' ||
	    strlen(text) > 15)
		return -1;
	*n = strtoll(text, NULL, 10);
	return 0;
}

static int
parse_lines(const char *text, int64_t *lines)
{
	char	*end;

	if (strcmp(text, "all") == 0) {
		*lines = LINES_ALL;
		return 0;
	}
	if (!isdigit((unsigned char)text[0]) || strlen(text) > 9)
		return -1;
	*lines = strtoll(text, &end, 10);
	return *end == '\0' ? 0 : -1;
}

static int
apply(struct parser *p, const struct option_rule *rule, const char *value)
{
	struct invocation	*inv = p->inv;

	switch (rule->id) {
	case OPT_JSON:
		inv->json = 1;
		break;
	case OPT_SOCKET:
		inv->socket = value;
		break;
	case OPT_DIRECTORY:
		inv->directory = value;
		break;
	case OPT_HELP:
		inv->help = 1;
		break;
	case OPT_VERSION:
		inv->version = 1;
		break;
	case OPT_TIMEOUT:
		if (parse_seconds(value, &p->timeout) == -1)
			return complain(p, "-t takes seconds or a time as "
			    "90s, 10m or 24h, not \"%s\"", value);
		break;
	case OPT_FOLLOW:
		inv->follow = 1;
		inv->request.number = 1;
		break;
	case OPT_LINES:
		if (parse_lines(value, &inv->lines) == -1)
			return complain(p, "-n takes a number of lines or "
			    "\"all\", not \"%s\"", value);
		break;
	case OPT_FROM:
		if (parse_number(value, &inv->request.number) == -1)
			return complain(p, "--from takes the number (seq) of "
			    "the last event that was seen, not \"%s\"",
			    value);
		inv->request.number++;
		break;
	case OPT_DRY_RUN:
	case OPT_VERIFY:
	case OPT_KEEP:
		inv->request.number = 1;
		break;
	case OPT_FILE_VERSION:
		if ((value = read_version(p, value)) == NULL)
			return -1;
		strlcpy(inv->request.argument, value,
		    sizeof(inv->request.argument));
		break;
	case OPT_SUMS:
		inv->sums = value;
		break;
	case OPT_SIGNATURE:
		inv->signature = value;
		break;
	case OPT_IMPORTED:
		strlcpy(inv->request.name, REQUEST_IMPORTED,
		    sizeof(inv->request.name));
		break;
	case OPT_STDIN:
		inv->from_stdin = 1;
		break;
	case OPT_AGAIN:
		inv->again = 1;
		break;
	}
	return 0;
}

/* The command as far as it is typed, to know which options it has */
static const char *
first_word(struct parser *p)
{
	const char	*firsts[FIRSTS_MAX];
	size_t		 at = p->nwords > 0 && strcmp(p->words[0],
	    "help") == 0;
	int		 n;

	if (p->nwords <= at)
		return "";
	n = word_find(firsts, first_words(firsts), p->words[at]);
	return n < 0 ? "" : firsts[n];
}

static const struct option_rule *
letter_rule(struct parser *p, char letter)
{
	const char	*first = first_word(p);
	size_t		 i;

	for (i = 0; i < option_rules_count; i++)
		if (option_rules[i].letter == letter &&
		    (option_rules[i].command == NULL ||
		    strcmp(option_rules[i].command, first) == 0))
			return &option_rules[i];
	return NULL;
}

static int
parse_letters(struct parser *p, const char *letters)
{
	const struct option_rule	*rule;
	const char			*value;

	for (; *letters != '\0'; letters++) {
		if ((rule = letter_rule(p, *letters)) == NULL)
			return complain(p, "unknown option -%c", *letters);
		if (rule->value == NULL) {
			if (apply(p, rule, "") == -1)
				return -1;
			continue;
		}
		value = letters + 1;
		if (*value == '\0') {
			if (p->at == p->argc)
				return complain(p, "-%c needs a value",
				    *letters);
			value = p->argv[p->at++];
		}
		return apply(p, rule, value);
	}
	return 0;
}

static int
parse_long(struct parser *p, const char *text)
{
	const struct option_rule	*rule = NULL;
	const char			*first = first_word(p), *value;
	const char			*names[OPTIONS_MAX];
	size_t				 i, len, n = 0;
	int				 near;

	len = strcspn(text, "=");
	value = text[len] == '=' ? text + len + 1 : NULL;
	for (i = 0; i < option_rules_count; i++) {
		if (option_rules[i].command != NULL &&
		    strcmp(option_rules[i].command, first) != 0)
			continue;
		names[n++] = option_rules[i].name;
		if (strlen(option_rules[i].name) == len &&
		    strncmp(option_rules[i].name, text, len) == 0)
			rule = &option_rules[i];
	}
	if (rule == NULL) {
		near = word_nearest(names, n, text);
		return complain(p, "unknown option --%.*s%s%s%s", (int)len,
		    text, near == -1 ? "" : ": did you mean --",
		    near == -1 ? "" : names[near], near == -1 ? "" : "?");
	}
	if (rule->value == NULL && value != NULL)
		return complain(p, "--%s takes no value", rule->name);
	if (rule->value != NULL && value == NULL) {
		if (p->at == p->argc)
			return complain(p, "--%s needs a value", rule->name);
		value = p->argv[p->at++];
	}
	return apply(p, rule, value == NULL ? "" : value);
}

static void
list_words(const char *const *words, size_t n, char *text, size_t size)
{
	size_t	 i;

	text[0] = '\0';
	for (i = 0; i < n; i++) {
		if (i > 0 && strcmp(words[i], words[i - 1]) == 0)
			continue;
		if (text[0] != '\0')
			strlcat(text, ", ", size);
		strlcat(text, words[i], size);
	}
}

static int
wrong_word(struct parser *p, const char *const *words, size_t n,
    const char *typed, int how)
{
	const char	*fits[FIRSTS_MAX];
	char		 all[TEXT_SIZE];
	size_t		 i, nfits = 0;
	int		 near;

	if (how == WORD_AMBIGUOUS) {
		for (i = 0; i < n && nfits < FIRSTS_MAX; i++)
			if (strncmp(words[i], typed, strlen(typed)) == 0)
				fits[nfits++] = words[i];
		list_words(fits, nfits, all, sizeof(all));
		return complain(p, "\"%s\" could be: %s", typed, all);
	}
	if ((near = word_nearest(words, n, typed)) != -1)
		return complain(p, "unknown word \"%s\": did you mean \"%s\"?",
		    typed, words[near]);
	list_words(words, n, all, sizeof(all));
	return complain(p, "unknown word \"%s\"; there are: %s", typed, all);
}

void
commands_also(const char *const *words, size_t n)
{
	also.words = words;
	also.count = n;
}

/* All first words: of the table in its order, then the further ones */
static size_t
first_words(const char **firsts)
{
	size_t	 i, n = 0;

	for (i = 0; i < commands_count && n < FIRSTS_MAX; i++)
		firsts[n++] = commands[i].first;
	for (i = 0; i < also.count && n < FIRSTS_MAX; i++)
		firsts[n++] = also.words[i];
	return n;
}

/* *used: how many of the words name the command */
static int
find_command(struct parser *p, size_t *used)
{
	const char	*firsts[FIRSTS_MAX];
	size_t		 n = first_words(firsts);
	int		 found;

	found = word_find(firsts, n, p->words[0]);
	if (found < 0)
		return wrong_word(p, firsts, n, p->words[0], found);
	*used = 1;
	if ((size_t)found >= commands_count) {
		p->inv->other = firsts[found];
		return 0;
	}
	if (commands[found].second != NULL)
		return find_second(p, (size_t)found, used);
	p->inv->command = &commands[found];
	return 0;
}

static int
find_second(struct parser *p, size_t begin, size_t *used)
{
	const char	*seconds[FIRSTS_MAX];
	char		 all[TEXT_SIZE];
	size_t		 i, n = 0;
	int		 found;

	/* The rows of one first word stand together or are looked up all */
	for (i = 0; i < commands_count && n < FIRSTS_MAX; i++)
		if (strcmp(commands[i].first, commands[begin].first) == 0)
			seconds[n++] = commands[i].second;
	if (p->nwords < 2) {
		p->inv->group = commands[begin].first;
		if (p->inv->help)
			return 0;
		list_words(seconds, n, all, sizeof(all));
		return complain(p, "%s what? There are: %s",
		    commands[begin].first, all);
	}
	found = word_find(seconds, n, p->words[1]);
	if (found < 0)
		return wrong_word(p, seconds, n, p->words[1], found);
	*used = 2;
	for (i = 0; i < commands_count; i++)
		if (commands[i].second == seconds[found] &&
		    strcmp(commands[i].first, commands[begin].first) == 0)
			p->inv->command = &commands[i];
	return 0;
}

static int
copy_name(struct parser *p, char *to, size_t size, const char *from,
    const char *what)
{
	const unsigned char	*c;

	for (c = (const unsigned char *)from; *c != '\0'; c++)
		if (*c < 0x20 || *c == 0x7f)
			return complain(p, "%s has a control character",
			    what);
	if (from[0] == '\0')
		return complain(p, "%s must not be empty", what);
	if (strlcpy(to, from, size) >= size)
		return complain(p, "%s is longer than %zu bytes", what,
		    size - 1);
	return 0;
}

/* A word, "" when there are fewer */
static const char *
argument(struct parser *p, size_t n)
{
	return n < p->nwords ? p->words[n] : "";
}

/* A version without its v, NULL when it is none */
static const char *
read_version(struct parser *p, const char *text)
{
	const char	*version = text;

	if (version[0] == 'v')
		version++;
	if (isdigit((unsigned char)version[0]) &&
	    strspn(version, "0123456789.") == strlen(version) &&
	    strlen(version) < VERSION_SIZE)
		return version;
	complain(p, "\"%s\" is not a version like 6.2.5", text);
	return NULL;
}

static int
fill_wait(struct parser *p, size_t used)
{
	static const char *const	 states[] = { "stopped", "starting",
	    "running", "stopping", "backoff", "failed", "locked", "ready",
	    "version" };
	const size_t		 n = sizeof(states) / sizeof(states[0]);
	const char		*version;
	struct msg_request	*r = &p->inv->request;
	int			 found;

	if (copy_name(p, r->name, sizeof(r->name), argument(p, used),
	    "the name") == -1)
		return -1;
	found = word_find(states, n, argument(p, used + 1));
	if (found < 0)
		return wrong_word(p, states, n, argument(p, used + 1),
		    found);
	if (strcmp(states[found], "version") == 0) {
		if (p->nwords == used + 2)
			return complain(p, "wait %s version needs VERSION",
			    argument(p, used));
		if ((version = read_version(p,
		    argument(p, used + 2))) == NULL)
			return -1;
		snprintf(r->argument, sizeof(r->argument), "version %s",
		    version);
	} else if (p->nwords > used + 2)
		return complain(p, "wait %s %s takes no \"%s\"",
		    argument(p, used), states[found], argument(p, used + 2));
	else
		strlcpy(r->argument, states[found], sizeof(r->argument));
	/* 0: as long as the daemon lets a client wait */
	r->number = p->timeout == -1 ? WAIT_DEFAULT_S : p->timeout;
	p->inv->timeout_s = r->number == 0 ? 0 :
	    (int)r->number + WAIT_GRACE_S;
	return 0;
}

static int
fill_approve(struct parser *p, size_t used)
{
	struct msg_request	*r = &p->inv->request;
	const char		*version, *hash;
	size_t			 i;

	/* The daemon knows which one waits. */
	if (p->nwords == used)
		return 0;
	if ((version = read_version(p, argument(p, used))) == NULL)
		return -1;
	strlcpy(r->argument, version, sizeof(r->argument));
	if (p->nwords == used + 1)
		return 0;
	hash = argument(p, used + 1);
	if (strlen(hash) != HASH_SIZE - 1 || strspn(hash,
	    "0123456789abcdefABCDEF") != HASH_SIZE - 1)
		return complain(p, "\"%s\" is not a SHA-256 of 64 hex digits",
		    hash);
	for (i = 0; i < HASH_SIZE - 1; i++)
		r->extra[i] = (char)tolower((unsigned char)hash[i]);
	return 0;
}

/* The daemon gets the file's own name, not where it lies here */
static int
fill_install(struct parser *p, size_t used)
{
	struct msg_request	*r = &p->inv->request;
	const char		*base;

	p->inv->file = argument(p, used);
	base = strrchr(p->inv->file, '/');
	base = base == NULL ? p->inv->file : base + 1;
	r->number = 1 + (p->inv->sums != NULL) + (p->inv->signature != NULL);
	return copy_name(p, r->extra, sizeof(r->extra), base,
	    "the file's name");
}

static int
fill_version(struct parser *p, size_t used)
{
	struct msg_request	*r = &p->inv->request;
	const char		*version;

	if ((version = read_version(p, argument(p, used))) == NULL)
		return -1;
	strlcpy(r->argument, version, sizeof(r->argument));
	return 0;
}

static int
fill_id(struct parser *p, size_t used)
{
	const char	*id = argument(p, used);

	if (id[0] == '\0' || strspn(id, "0123456789") != strlen(id) ||
	    strlen(id) > ID_DIGITS)
		return complain(p, "\"%s\" is not the number of an upgrade "
		    "as `show upgrades' has it", id);
	strlcpy(p->inv->request.argument, id,
	    sizeof(p->inv->request.argument));
	return 0;
}

/* A passphrase follows, or the daemon reads it itself */
static int
fill_unlock(struct parser *p, size_t used)
{
	struct msg_request	*r = &p->inv->request;

	if (p->inv->from_stdin && p->inv->again)
		return complain(p, "unlock takes --stdin or --again, not "
		    "both");
	r->number = !p->inv->again;
	return copy_name(p, r->name, sizeof(r->name), argument(p, used),
	    "the name");
}

static int
fill_request(struct parser *p, size_t used)
{
	const struct command	*c = p->inv->command;
	struct msg_request	*r = &p->inv->request;
	size_t			 given = p->nwords - used;
	const char		*second = c->second == NULL ? "" : c->second;
	const char		*gap = c->second == NULL ? "" : " ";

	r->catalogue = MESSAGE_CATALOGUE;
	r->verb = c->verb;
	p->inv->timeout_s = c->timeout_s;
	if (p->timeout != -1)
		p->inv->timeout_s = (int)p->timeout;
	if (given < c->min_args)
		return complain(p, "%s%s%s needs %s", c->first, gap, second,
		    c->arguments);
	if (given > c->max_args)
		return complain(p, "%s%s%s takes %s, not \"%s\"", c->first,
		    gap, second, c->max_args == 0 ? "no argument" :
		    c->arguments, argument(p, used + c->max_args));
	if (p->inv->lines == LINES_DEFAULT)
		p->inv->lines = c->verb == VERB_LOG ? LOG_LINES :
		    HISTORY_LINES;
	else if (strcmp(c->first, "show") == 0 && c->verb != VERB_SHOW_HISTORY)
		return complain(p, "only show history takes -n");
	if (r->number != 0 && c->verb != VERB_UPGRADE_PREPARE &&
	    strcmp(c->first, "upgrade") == 0)
		return complain(p, "only upgrade prepare takes -n");
	switch (c->verb) {
	case VERB_SHOW_CONFIG:
		if (given == 1)
			return copy_name(p, r->name, sizeof(r->name),
			    argument(p, used), "the name");
		/* A program has its filters, people ask for one by one. */
		r->number = p->inv->json;
		return 0;
	case VERB_SHOW_HISTORY:
		if (p->inv->lines == 0)
			return complain(p, "-n takes 1 line or more, not 0");
		r->number = p->inv->lines == LINES_ALL ? 0 : p->inv->lines;
		return 0;
	case VERB_WAIT:
		return fill_wait(p, used);
	case VERB_APPROVE:
		return fill_approve(p, used);
	case VERB_INSTALL:
		return fill_install(p, used);
	case VERB_SHOW_VERSIONS:
		/* Big files, in a queue behind others, take their time. */
		if (r->number != 0 && p->timeout == -1)
			p->inv->timeout_s = 0;
		return 0;
	case VERB_SHOW_SERVICES:
		return given == 0 ? 0 : copy_name(p, r->name,
		    sizeof(r->name), argument(p, used), "the name");
	case VERB_UPGRADE_TO:
	case VERB_PIN:
		return fill_version(p, used);
	case VERB_UPGRADE_PREPARE:
		return given == 0 ? 0 : fill_version(p, used);
	case VERB_UNLOCK:
		return fill_unlock(p, used);
	case VERB_HOLD:
		return given == 0 ? 0 : copy_name(p, r->argument,
		    sizeof(r->argument), argument(p, used), "the reason");
	case VERB_SHOW_UPGRADES:
		if (r->number != 0)
			return complain(p, "only show versions and services "
			    "take -v");
		if (given == 1)
			return fill_id(p, used);
		/* People want to see what waits as well. */
		r->number = !p->inv->json;
		return 0;
	default:
		if (r->number != 0 && c->form == FORM_SHOW &&
		    strcmp(c->first, "show") == 0)
			return complain(p, "only show versions and services "
			    "take -v");
		if (given == 1)
			return copy_name(p, r->name, sizeof(r->name),
			    argument(p, used), "the name");
		return 0;
	}
}

/* What is asked for, when the rest of the line is wrong: `check' must know */
static const struct command *
first_command(struct parser *p)
{
	const char	*first = first_word(p);
	size_t		 i;

	for (i = 0; i < commands_count; i++)
		if (commands[i].second == NULL &&
		    strcmp(commands[i].first, first) == 0)
			return &commands[i];
	return NULL;
}

int
invocation_parse(struct invocation *inv, int argc, char *const argv[],
    char *why, size_t size)
{
	struct parser	 p;

	memset(inv, 0, sizeof(*inv));
	memset(&p, 0, sizeof(p));
	inv->lines = LINES_DEFAULT;
	p.inv = inv;
	p.timeout = -1;
	p.argc = argc;
	p.argv = argv;
	p.why = why;
	p.size = size;
	if (parse_all(&p) == 0)
		return 0;
	if (inv->command == NULL)
		inv->command = first_command(&p);
	return -1;
}

static int
parse_all(struct parser *p)
{
	struct invocation	*inv = p->inv;
	const char		*arg;
	size_t			 used = 0;
	int			 rc, only_words = 0;

	while (p->at < p->argc) {
		arg = p->argv[p->at++];
		rc = 0;
		if (!only_words && strcmp(arg, "--") == 0)
			only_words = 1;
		else if (!only_words && strncmp(arg, "--", 2) == 0)
			rc = parse_long(p, arg + 2);
		else if (!only_words && arg[0] == '-' && arg[1] != '\0')
			rc = parse_letters(p, arg + 1);
		else if (p->nwords == WORDS_MAX)
			rc = complain(p, "too many words from \"%s\" on",
			    arg);
		else
			p->words[p->nwords++] = arg;
		if (rc == -1)
			return -1;
	}
	if (p->nwords > 0 && strcmp(p->words[0], "help") == 0) {
		inv->help = 1;
		p->nwords--;
		memmove(p->words, p->words + 1,
		    p->nwords * sizeof(p->words[0]));
	}
	if (inv->version)
		return 0;
	if (p->nwords == 0)
		return inv->help ? 0 : complain(p, "no command");
	if (find_command(p, &used) == -1)
		return -1;
	if (inv->help)
		return 0;
	if (inv->command == NULL)
		return complain(p, "options of %s stand behind it",
		    inv->other);
	return fill_request(p, used);
}
