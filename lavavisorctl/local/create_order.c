#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/message.h"
#include "common/service_name.h"
#include "common/url.h"
#include "common/utf8.h"
#include "common/words.h"
#include "lavavisorctl/local/create_order.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/local/service_file.h"

#define GEOLOCATION_MAX	65535
#define PARALLEL_MAX	1000000
#define TEXT_MAX	4096	/* an argument */

static int	check_chain(const char *, char *, size_t);
static int	check_number(const char *, const char *, unsigned long,
		    char *, size_t);
static int	check_passphrase(const char *, char *, size_t);
static int	check_rest(struct create_order *, char *, size_t);
static int	check_text(const char *, const char *, size_t, char *,
		    size_t);
static int	check_values(struct create_order *, char *, size_t);
static int	read_words(struct create_order *, const struct options *,
		    char *, size_t);

static const char *const	 roles[] = { "provider", "consumer" };
static const char *const	 levels[] = { "trace", "debug", "info",
    "warn", "error", "fatal", "panic", "disabled" };

static int
check_number(const char *option, const char *text, unsigned long max,
    char *why, size_t size)
{
	unsigned long	 n;

	if (text[0] != '\0' && strlen(text) <= 9 &&
	    strspn(text, "0123456789") == strlen(text) && text[0] != '0') {
		n = strtoul(text, NULL, 10);
		if (n >= 1 && n <= max)
			return 0;
	}
	snprintf(why, size, "--%s must be a number from 1 to %lu, not "
	    "\"%.60s\"", option, max, text);
	return -1;
}

/* UTF-8 without control characters, or what breaks a line in YAML */
int
text_is_plain(const char *text)
{
	const unsigned char	*p;
	char			*copy;
	int			 plain;

	for (p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0) ||
		    (*p == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 ||
		    p[2] == 0xa9)))
			return 0;
	if ((copy = strdup(text)) == NULL)
		fatal("strdup");
	utf8_clean(copy);
	plain = strcmp(copy, text) == 0;
	free(copy);
	return plain;
}

/* One line of text that a YAML file can hold and that is no option */
static int
check_text(const char *option, const char *text, size_t max, char *why,
    size_t size)
{
	if (text[0] == '\0') {
		snprintf(why, size, "--%s must not be empty", option);
		return -1;
	}
	if (text[0] == '-') {
		snprintf(why, size, "--%s: \"%.60s\" looks like an option: "
		    "its value is missing", option, text);
		return -1;
	}
	if (strlen(text) > max) {
		snprintf(why, size, "--%s is longer than %zu bytes", option,
		    max);
		return -1;
	}
	if (text_is_plain(text))
		return 0;
	snprintf(why, size, "--%s: \"%.60s\" has a character in it that is "
	    "no plain text", option, text);
	return -1;
}

static int
check_chain(const char *text, char *why, size_t size)
{
	const char	*p;

	for (p = text; isalnum((unsigned char)*p) || (p > text &&
	    *p != '\0' && strchr("-_.", *p) != NULL); p++)
		;
	if (*p == '\0' && p > text && strlen(text) < NAME_SIZE)
		return 0;
	snprintf(why, size, "--chain-id: \"%.60s\" is none: letters, digits "
	    "and - _ . (at most 63), as lava-mainnet-1", text);
	return -1;
}

/* Not even quoted in an error: it may be the passphrase itself. */
static int
check_passphrase(const char *text, char *why, size_t size)
{
	if (text_is_plain(text) && strlen(text) < TEXT_MAX &&
	    (strcmp(text, "prompt") == 0 || strncmp(text, "file /", 6) == 0 ||
	    strncmp(text, "command /", 9) == 0))
		return 0;
	snprintf(why, size, "--passphrase says where it comes from, never the "
	    "passphrase itself: prompt, 'file /PATH' or 'command /PROGRAM "
	    "ARGUMENT ...'");
	return -1;
}

/* What we write into the line of lavap must not be there twice. */
static int
check_rest(struct create_order *o, char *why, size_t size)
{
	static const char *const	 ours[] = { "from", "geolocation",
	    "chain-id", "keyring-backend", "node", "log_level",
	    "parallel-connections" };
	const char			*arg;
	size_t				 i, k, len;

	if (o->nrest > SERVICE_ARGUMENTS_MAX - 4) {
		snprintf(why, size, "more than %d arguments behind --",
		    SERVICE_ARGUMENTS_MAX - 4);
		return -1;
	}
	for (i = 0; i < o->nrest; i++) {
		arg = o->rest[i];
		if (!text_is_plain(arg) || strlen(arg) >= TEXT_MAX) {
			snprintf(why, size, "\"%.60s\" behind -- is no plain "
			    "text, or too long", arg);
			return -1;
		}
		if (strncmp(arg, "--", 2) != 0)
			continue;
		len = strcspn(arg + 2, "=");
		for (k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			if (strlen(ours[k]) == len &&
			    strncmp(arg + 2, ours[k], len) == 0) {
				snprintf(why, size, "--%s is known here: put "
				    "it before `--'", ours[k]);
				return -1;
			}
		if (strcmp(arg, "--home") == 0 && i + 1 < o->nrest)
			o->lava_home = o->rest[i + 1];
		else if (strncmp(arg, "--home=", 7) == 0)
			o->lava_home = arg + 7;
	}
	if (o->lava_home != NULL && o->lava_home[0] != '/')
		o->lava_home = NULL;
	return 0;
}

static int
check_values(struct create_order *o, char *why, size_t size)
{
	const char	*bad;
	struct url	 u;
	size_t		 i;

	if (o->geolocation == NULL || o->from == NULL) {
		snprintf(why, size, "--%s", o->geolocation == NULL ?
		    "geolocation N is missing: 1 US center, 2 Europe, 4 US "
		    "east, 8 US west, 16 Africa, 32 Asia, 64 Australia" :
		    "from USER is missing: the name of the key");
		return -1;
	}
	if (check_number("geolocation", o->geolocation, GEOLOCATION_MAX, why,
	    size) == -1 || check_text("from", o->from, 255, why, size) == -1)
		return -1;
	if (o->chain_id != NULL && check_chain(o->chain_id, why, size) == -1)
		return -1;
	if (o->keyring_backend != NULL && check_text("keyring-backend",
	    o->keyring_backend, 255, why, size) == -1)
		return -1;
	if (o->passphrase != NULL && check_passphrase(o->passphrase, why,
	    size) == -1)
		return -1;
	if (o->node != NULL && url_parse(o->node, &u, &bad) == -1) {
		snprintf(why, size, "--node: %s", bad);
		return -1;
	}
	if (o->parallel != NULL && check_number("parallel-connections",
	    o->parallel, PARALLEL_MAX, why, size) == -1)
		return -1;
	if (o->name != NULL && !service_name_valid(o->name)) {
		snprintf(why, size, "--name: \"%.80s\" is no name for a "
		    "service: " SERVICE_NAME_RULE, o->name);
		return -1;
	}
	if (o->log_level == NULL)
		return 0;
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(o->log_level, levels[i]) == 0)
			return 0;
	snprintf(why, size, "--log_level: \"%.60s\" is not one of trace, "
	    "debug, info, warn, error, fatal, panic, disabled", o->log_level);
	return -1;
}

static int
read_words(struct create_order *o, const struct options *opt, char *why,
    size_t size)
{
	int	 which;

	if (opt->nwords == 0) {
		snprintf(why, size, "what is to be created? `create-service "
		    "provider|consumer CONFIG.yml ...'");
		return -1;
	}
	which = word_find(roles, 2, opt->words[0]);
	if (which < 0) {
		which = word_nearest(roles, 2, opt->words[0]);
		snprintf(why, size, "\"%.60s\" is neither provider nor "
		    "consumer%s%s%s", opt->words[0], which < 0 ? "" :
		    ": did you mean ", which < 0 ? "" : roles[which],
		    which < 0 ? "" : "?");
		return -1;
	}
	o->role = which == 0 ? PROTOCOL_PROVIDER : PROTOCOL_CONSUMER;
	o->role_name = roles[which];
	if (opt->nwords < 2) {
		snprintf(why, size, "the %s's config is missing: "
		    "`create-service %s CONFIG.yml ...'", o->role_name,
		    o->role_name);
		return -1;
	}
	if (opt->nwords > 2) {
		snprintf(why, size, "\"%.60s\" is a word too many: one "
		    "service at a time, and lavap's own arguments behind "
		    "`--'", opt->words[2]);
		return -1;
	}
	o->config = opt->words[1];
	return 0;
}

int
create_order_read(struct create_order *o, int argc, char *const argv[],
    char *why, size_t size)
{
	const char			*level = NULL;
	const struct option_taken	 taken[] = {
		{ "from", 0, NULL, &o->from },
		{ "geolocation", 0, NULL, &o->geolocation },
		{ "chain-id", 0, NULL, &o->chain_id },
		{ "keyring-backend", 0, NULL, &o->keyring_backend },
		{ "passphrase", 0, NULL, &o->passphrase },
		{ "node", 0, NULL, &o->node },
		{ "log_level", 0, NULL, &o->log_level },
		{ "log-level", 0, NULL, &level },
		{ "parallel-connections", 0, NULL, &o->parallel },
		{ "directory", 0, NULL, &o->directory },
		{ "name", 0, NULL, &o->name },
		{ "user", 0, NULL, &o->user },
		{ "allow-root", 0, &o->allow_root, NULL },
		{ "create-link", 0, &o->create_link, NULL },
		{ "replace", 0, &o->replace, NULL },
		{ "reload", 0, &o->reload, NULL },
		{ NULL, 0, NULL, NULL }
	};
	struct options			 opt;

	memset(o, 0, sizeof(*o));
	if (options_parse(&opt, taken, argc, argv, why, size) == -1)
		return -1;
	o->rest = opt.rest;
	o->nrest = opt.nrest;
	o->help = opt.help;
	if (o->help)
		return 0;
	if (level != NULL && o->log_level != NULL &&
	    strcmp(level, o->log_level) != 0) {
		snprintf(why, size, "--log_level and --log-level say "
		    "different things");
		return -1;
	}
	if (o->log_level == NULL)
		o->log_level = level;
	if (read_words(o, &opt, why, size) == -1 ||
	    check_values(o, why, size) == -1)
		return -1;
	return check_rest(o, why, size);
}

void
create_order_help(void)
{
	printf("\noptions:\n"
	    "  --geolocation N           where: 1 US center, 2 Europe, 4 US "
	    "east, 8 US west,\n"
	    "                            16 Africa, 32 Asia, 64 Australia "
	    "(added up for more)\n"
	    "  --from KEY                the key in lavap's keyring\n"
	    "  --keyring-backend B       where that is: test, file, os ...\n"
	    "  --passphrase SOURCE       of that keyring: prompt, 'file "
	    "/PATH' ...\n"
	    "  --chain-id ID             if it is not that of config.yml\n"
	    "  --node URL                the Lava node that lavap asks\n"
	    "  --log_level L             of lavap; --log-level is taken as "
	    "well\n"
	    "  --parallel-connections N  to each node of a provider\n"
	    "  --name NAME               of the service, if not the "
	    "config's\n"
	    "  --user USER               that it runs as; as root only\n"
	    "  --allow-root              let that be root\n"
	    "  --directory DIR           lavavisord's directory\n"
	    "  --replace                 write over one that says "
	    "otherwise\n"
	    "  --reload                  tell the running daemon at once\n"
	    "  --create-link             of LavaVisor, not needed here\n"
	    "  -- ARGUMENT ...           lavap's own, passed on\n");
}
