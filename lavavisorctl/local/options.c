#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/words.h"
#include "lavavisorctl/local/options.h"

#define NAMES_MAX	32

/* lavap's, as the Cosmos SDK and lavap name them */
static const char *const	 lavap_flags[] = { "account-number",
    "add-api-method-metrics", "allow-insecure-provider-dialing", "aux",
    "broadcast-mode", "cache-be", "chain-id", "cors-headers", "cors-origin",
    "dry-run", "fee-granter", "fee-payer", "fees", "from", "gas",
    "gas-adjustment", "gas-prices", "generate-only", "geolocation",
    "grpc-addr", "grpc-insecure", "height", "home", "keyring-backend",
    "keyring-dir", "ledger", "log_format", "log_level", "maximum-streams",
    "metrics-listen-address", "node", "note", "offline", "output",
    "parallel-connections", "reward-server-storage", "rewards-storage-dir",
    "secure", "sequence", "shard-id", "sign-mode", "static-providers",
    "static-specs", "timeout-height", "tip", "total-connections", "trace",
    "use-static-spec", "yes" };

/* What completion asks for: options that begin so, and nothing is done */
static const char	*listed;

static int	give(const struct option_taken *, const char *, char *,
		    size_t);
static void	list(const struct option_taken *)
		    __attribute__((__noreturn__));
static int	take(const struct option_taken *, const char *, int, int *,
		    char *const [], char *, size_t);
static int	unknown(const struct option_taken *, const char *,
		    const char *, size_t, char *, size_t);

/* It may be a typo, or lavap's */
static int
unknown(const struct option_taken *taken, const char *command,
    const char *name, size_t len, char *why, size_t size)
{
	const char	*names[NAMES_MAX];
	char		 typed[64];
	size_t		 i, n;
	int		 near, creates = strcmp(command, "create-service") == 0;
	int		 wraps = strcmp(command, "wrap") == 0 ||
			    strcmp(command, "pod") == 0;

	snprintf(typed, sizeof(typed), "%.*s", (int)len, name);
	for (i = 0; i < sizeof(lavap_flags) / sizeof(lavap_flags[0]); i++)
		if (strcmp(lavap_flags[i], typed) == 0) {
			snprintf(why, size, creates ?
			    "--%s is lavap's own option: put it behind `--', "
			    "at the end of the line" : wraps ?
			    "--%s is lavap's own option: it belongs into the "
			    "text of --cmd" :
			    "--%s is lavap's own option, for a service: it "
			    "stands behind `--' at the end of "
			    "`create-service ...'", typed);
			return -1;
		}
	for (n = 0; taken[n].name != NULL && n < NAMES_MAX; n++)
		names[n] = taken[n].name;
	if ((near = word_nearest(names, n, typed)) != -1)
		snprintf(why, size, "unknown option --%s: did you mean --%s?",
		    typed, names[near]);
	else
		snprintf(why, size, "unknown option --%s%s", typed, creates ?
		    ": what is lavap's own stands behind `--', at the end of "
		    "the line" : "");
	return -1;
}

static int
give(const struct option_taken *t, const char *value, char *why, size_t size)
{
	if (*t->value != NULL && strcmp(*t->value, value) != 0) {
		snprintf(why, size, "--%s is given twice, as \"%s\" and as "
		    "\"%s\"", t->name, *t->value, value);
		return -1;
	}
	*t->value = value;
	return 0;
}

static int
take(const struct option_taken *t, const char *value, int argc, int *at,
    char *const argv[], char *why, size_t size)
{
	if (t->flag != NULL) {
		/* As Go's flags are written: --yes=true */
		if (value != NULL && strcmp(value, "true") != 0 &&
		    strcmp(value, "false") != 0) {
			snprintf(why, size, "--%s takes no value", t->name);
			return -1;
		}
		*t->flag = value == NULL || strcmp(value, "true") == 0;
		return 0;
	}
	if (value == NULL) {
		if (*at + 1 >= argc) {
			snprintf(why, size, "--%s needs a value", t->name);
			return -1;
		}
		value = argv[++*at];
	}
	return give(t, value, why, size);
}

void
options_only_list(const char *begin)
{
	listed = begin;
}

static void
list(const struct option_taken *taken)
{
	char	 text[64];

	for (; taken->name != NULL; taken++) {
		snprintf(text, sizeof(text), "--%s", taken->name);
		if (strncmp(text, listed, strlen(listed)) == 0)
			printf("%s\n", text);
	}
	if (strncmp("--help", listed, strlen(listed)) == 0)
		printf("--help\n");
	exit(fflush(stdout) == 0 ? 0 : 1);
}

int
options_parse(struct options *o, const struct option_taken *taken, int argc,
    char *const argv[], char *why, size_t size)
{
	const struct option_taken	*t;
	const char			*arg, *value;
	size_t				 len;
	int				 i;

	memset(o, 0, sizeof(*o));
	if (listed != NULL)
		list(taken);
	for (i = 1; i < argc; i++) {
		arg = argv[i];
		if (strcmp(arg, "--") == 0) {
			o->rest = argv + i + 1;
			o->nrest = (size_t)(argc - i - 1);
			return 0;
		}
		if (arg[0] != '-' || arg[1] == '\0') {
			if (o->nwords == OPTION_WORDS_MAX) {
				snprintf(why, size, "too many words from "
				    "\"%s\" on", arg);
				return -1;
			}
			o->words[o->nwords++] = arg;
			continue;
		}
		if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0) {
			o->help = 1;
			continue;
		}
		if (arg[1] != '-') {
			for (t = taken; t->name != NULL; t++)
				if (t->letter == arg[1])
					break;
			if (t->name == NULL || (arg[2] != '\0' &&
			    t->flag != NULL)) {
				snprintf(why, size, "unknown option %s", arg);
				return -1;
			}
			value = arg[2] == '\0' ? NULL : arg + 2;
		} else {
			arg += 2;
			len = strcspn(arg, "=");
			value = arg[len] == '=' ? arg + len + 1 : NULL;
			for (t = taken; t->name != NULL; t++)
				if (strlen(t->name) == len &&
				    strncmp(t->name, arg, len) == 0)
					break;
			if (t->name == NULL)
				return unknown(taken, argv[0], arg, len, why,
				    size);
		}
		if (take(t, value, argc, &i, argv, why, size) == -1)
			return -1;
	}
	return 0;
}
