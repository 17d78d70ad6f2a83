#include <stdio.h>
#include <string.h>

#include "lavavisorctl/commands.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/option_table.h"
#include "lavavisorctl/usage.h"

struct example {
	enum verb	 verb;
	const char	*line;
	const char	*what;
};

static const struct example	 examples[] = {
	{ VERB_SHOW_SERVICES, "show services", "what runs" },
	{ VERB_SHOW_SERVICES, "show services 'provider*'", NULL },
	{ VERB_SHOW_SERVICES,
	    "show services -j | jq -r '.[] | select(.state != \"running\")"
	    ".name'", "names of what does not" },
	{ VERB_SHOW_SERVICE, "show service provider1-ETH1",
	    "all that is known of it" },
	{ VERB_CHECK, "check", "for Nagios, Icinga and the like" },
	{ VERB_CHECK, "check provider1-ETH1",
	    "a probe: exit code 0 when it is ready" },
	{ VERB_SHOW_VERSIONS, "show versions", "is everything up to date?" },
	{ VERB_SHOW_NODES, "show nodes", "are the chain's nodes well?" },
	{ VERB_SHOW_UPGRADES, "show upgrades", "how upgrades went" },
	{ VERB_SHOW_SANDBOX, "show sandbox", "which walls are up" },
	{ VERB_SHOW_CONFIG, "show config", "which daemon, and its settings" },
	{ VERB_SHOW_CONFIG, "show config provider1-ETH1", NULL },
	{ VERB_SHOW_HISTORY, "show history -n 20", "the last events" },
	{ VERB_MONITOR, "monitor -j", "events for a program" },
	{ VERB_MONITOR, "monitor -j --from 1234", "and those it has missed" },
	{ VERB_WAIT, "wait -t 5m provider1-ETH1 running",
	    "in a script, exit code 0 or 1" },
	{ VERB_WAIT, "wait -t 1h all version 6.2.5",
	    "until every service runs it" },
	{ VERB_UPGRADE_CHECK, "upgrade check", "exit code 3: nothing to do" },
	{ VERB_UPGRADE_NOW, "upgrade now", "watch it; ^C detaches" },
	{ VERB_UPGRADE_TO, "upgrade to 6.2.5", "there and no further" },
	{ VERB_UPGRADE_ROLLBACK, "upgrade rollback", "the new one is no good" },
	{ VERB_UPGRADE_PREPARE, "upgrade prepare",
	    "before the day: exit code 3, all is there" },
	{ VERB_UPGRADE_PREPARE, "upgrade prepare 6.2.6", NULL },
	{ VERB_PIN, "pin 6.2.4", "stay on it, whatever the chain wants" },
	{ VERB_UNPIN, "unpin", NULL },
	{ VERB_APPROVE, "upgrade approve", "the step that waits for you" },
	{ VERB_APPROVE, "upgrade approve 7.0.0", NULL },
	{ VERB_NODES_FORGET, "nodes forget", "after a testnet was reset" },
	{ VERB_INSTALL, "install lavap-v6.2.5-linux-amd64 "
	    "--sums sha256sum.txt --sig sha256sum.txt.sig",
	    "without a download, verified all the same" },
	{ VERB_START, "start provider1-ETH1", NULL },
	{ VERB_STOP, "stop all", NULL },
	{ VERB_STOP, "stop consumers", "by their role" },
	{ VERB_RESTART, "restart 'provider*-ETH1'", "by a pattern" },
	{ VERB_LOG, "log -f provider1-ETH1", "follow its output" },
	{ VERB_LOG, "log -n all provider1-ETH1 | grep -i error", NULL },
	{ VERB_UNLOCK, "unlock provider1-ETH1", "asks without echo" },
	{ VERB_UNLOCK, "unlock --stdin all",
	    "in a script: one line, for several" },
	{ VERB_UNLOCK, "unlock --again provider1-ETH1",
	    "its file has the right one now" },
	{ VERB_LOCK, "lock provider1-ETH1", NULL },
	{ VERB_HOLD, "hold 'a quiet weekend'", NULL },
	{ VERB_RESUME, "resume", NULL },
	{ VERB_RELOAD, "reload -n", "what would a changed file do?" },
	{ VERB_REEXEC, "reexec", "after a package upgrade" },
	{ VERB_SHUTDOWN, "shutdown --keep-services", NULL }
};

static int	is_shadowed(const struct command *);
static int	is_asked(const struct command *, const struct invocation *);
static void	print_command(FILE *, const struct command *);
static void	print_everything(FILE *);
static void	print_examples(FILE *, const struct invocation *);
static void	print_local(FILE *, const struct local_command *);
static void	print_locals(FILE *);
static void	print_one(FILE *, const struct invocation *);
static void	print_options(FILE *, const struct command *);
static void	print_synopsis(FILE *);

void
usage_hint(char *why, size_t size, const struct invocation *inv)
{
	const struct command	*c = inv->command;
	char			 hint[128];
	size_t			 n = strlen(why);

	snprintf(hint, sizeof(hint), " (see `%s%s%s%s%s --help')",
	    local_program(), c == NULL ? "" : " ", c == NULL ? "" : c->first,
	    c == NULL || c->second == NULL ? "" : " ",
	    c == NULL || c->second == NULL ? "" : c->second);
	if (n + strlen(hint) < size)
		strlcat(why, hint, size);
}

static void
print_synopsis(FILE *out)
{
	fprintf(out, "usage: %s [-j] [-s socket] [--directory DIR] "
	    "[-t TIME] command ...\n"
	    "       %s --help\n", local_program(), local_program());
}

static void
print_command(FILE *out, const struct command *c)
{
	char	 words[64];

	snprintf(words, sizeof(words), "%s%s%s%s%s", c->first,
	    c->second == NULL ? "" : " ", c->second == NULL ? "" : c->second,
	    c->arguments[0] == '\0' ? "" : " ", c->arguments);
	fprintf(out, "  %-37s%s\n", words, c->what);
}

/* lavavisor means something else by `start' */
static int
is_shadowed(const struct command *c)
{
	size_t	 i;

	for (i = 0; i < local_commands_count; i++)
		if (local_commands[i].lavavisor_only && local_is_lavavisor() &&
		    strcmp(local_commands[i].name, c->first) == 0)
			return 1;
	return 0;
}

/* Of this command, of all that begin so, or of everything */
static int
is_asked(const struct command *c, const struct invocation *inv)
{
	if (is_shadowed(c))
		return 0;
	if (inv->command != NULL)
		return c == inv->command;
	return inv->group == NULL || strcmp(c->first, inv->group) == 0;
}

static void
print_examples(FILE *out, const struct invocation *inv)
{
	const struct example	*e;
	size_t			 i, k;

	fprintf(out, "\nexamples:\n");
	for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		e = &examples[i];
		for (k = 0; k < commands_count; k++)
			if (commands[k].verb == e->verb)
				break;
		if (k == commands_count || !is_asked(&commands[k], inv))
			continue;
		if (e->what != NULL)
			fprintf(out, "  # %s\n", e->what);
		fprintf(out, "  %s %s\n", local_program(), e->line);
	}
}

/* Those of this command only, or with NULL those that all have */
static void
print_options(FILE *out, const struct command *only)
{
	const struct option_rule	*o;
	char				 text[64], letter[8];
	size_t				 i;
	int				 first = 1;

	for (i = 0; i < option_rules_count; i++) {
		o = &option_rules[i];
		if (only == NULL ? o->command != NULL : o->command == NULL ||
		    strcmp(o->command, only->first) != 0 ||
		    (o->second != NULL && (only->second == NULL ||
		    strcmp(o->second, only->second) != 0)))
			continue;
		snprintf(letter, sizeof(letter), o->letter != '\0' ? "-%c, " :
		    "    ", o->letter);
		snprintf(text, sizeof(text), "%s--%s%s%s", letter, o->name,
		    o->value != NULL ? " " : "", o->value != NULL ? o->value :
		    "");
		if (first)
			fprintf(out, "\noptions%s:\n", only == NULL ?
			    " of all" : "");
		first = 0;
		fprintf(out, "  %-25s%s\n", text, o->what);
	}
}

static void
print_local(FILE *out, const struct local_command *c)
{
	char	 words[128];

	snprintf(words, sizeof(words), "%s %s", c->name, c->arguments);
	if (strlen(words) < 37)
		fprintf(out, "  %-37s%s\n", words, c->what);
	else
		fprintf(out, "  %s\n  %-37s%s\n", words, "", c->what);
}

static void
print_one(FILE *out, const struct invocation *inv)
{
	const struct command	*c = inv->command;
	const char		*gap = c->arguments[0] != '\0' ? " " : "";

	fprintf(out, "usage: %s [OPTION]... %s%s%s%s%s\n\n%s\n",
	    local_program(), c->first, c->second != NULL ? " " : "",
	    c->second != NULL ? c->second : "", gap, c->arguments, c->what);
	if (!c->read_only)
		fprintf(out, "For root and the owner of the daemon.\n");
	print_options(out, c);
	print_options(out, NULL);
	print_examples(out, inv);
}

static void
print_locals(FILE *out)
{
	size_t	 i;

	fprintf(out, "\non this machine's files, without a daemon:\n");
	for (i = 0; i < local_commands_count; i++)
		if (!local_commands[i].lavavisor_only || local_is_lavavisor())
			print_local(out, &local_commands[i]);
}

static void
print_everything(FILE *out)
{
	print_options(out, NULL);
	fprintf(out, "\nNAME is a service, a pattern as 'provider*', or "
	    "providers, consumers, other, all.\n"
	    "exit codes: 0 done, 1 failed, 2 usage, 3 nothing to do, "
	    "4 no daemon, 5 not allowed\n");
}

void
usage_long(FILE *out, const struct invocation *inv)
{
	size_t	 i;

	if (inv->command != NULL) {
		print_one(out, inv);
		return;
	}
	print_synopsis(out);
	/* What it was called by its name for comes first. */
	if (inv->group == NULL && local_is_lavavisor())
		print_locals(out);
	fprintf(out, "\ncommands%s:\n", inv->group != NULL ? "" :
	    " (each word may be cut short while it fits only one)");
	for (i = 0; i < commands_count; i++)
		if (is_asked(&commands[i], inv))
			print_command(out, &commands[i]);
	if (inv->group == NULL && !local_is_lavavisor())
		print_locals(out);
	if (inv->group == NULL)
		print_everything(out);
	print_examples(out, inv);
}
