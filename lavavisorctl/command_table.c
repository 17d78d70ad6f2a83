#include "lavavisorctl/commands.h"

/* A daemon that says nothing for so long is not well */
#define ANSWER_S	30

#define SHOW(word, verb, what)						\
	{ "show", word, "", what, verb, FORM_SHOW, 1, 0, 0, ANSWER_S }

const struct command	 commands[] = {
	{ "show", "services", "[NAME]",
	    "state, process and version of each service, or one",
	    VERB_SHOW_SERVICES, FORM_SHOW, 1, 0, 1, ANSWER_S },
	SHOW("versions", VERB_SHOW_VERSIONS,
	    "what the chain asks for, what is installed, what runs (-v hash all)"),
	SHOW("nodes", VERB_SHOW_NODES,
	    "the nodes that are asked and what they said"),
	SHOW("upgrades", VERB_SHOW_UPGRADES,
	    "upgrades so far and how they ended"),
	SHOW("sandbox", VERB_SHOW_SANDBOX,
	    "the walls around each process"),
	{ "monitor", NULL, "", "print events as they happen",
	    VERB_MONITOR, FORM_EVENTS, 1, 0, 0, 0 },
	{ "wait", NULL, "NAME STATE|version VERSION",
	    "wait until a service is so (-t SECONDS, else 60)",
	    VERB_WAIT, FORM_END, 1, 2, 3, 0 },
	{ "upgrade", "check", "", "is there something to upgrade to?",
	    VERB_UPGRADE_CHECK, FORM_SHOW, 1, 0, 0, ANSWER_S },
	{ "upgrade", "now", "", "upgrade without waiting, show how it goes",
	    VERB_UPGRADE_NOW, FORM_WORK, 0, 0, 0, 0 },
	{ "upgrade", "approve", "VERSION [SHA256]",
	    "let a version through that waits for approval",
	    VERB_APPROVE, FORM_END, 0, 1, 2, ANSWER_S },
	{ "nodes", "forget", "",
	    "forget the chain's height, when it was a lie or began anew",
	    VERB_NODES_FORGET, FORM_END, 0, 0, 0, ANSWER_S },
	{ "install", NULL, "FILE",
	    "install a local file (--version V, --sums LIST, --sig SIG)",
	    VERB_INSTALL, FORM_WORK, 0, 1, 1, 0 },
	{ "start", NULL, "NAME|all", "start a service",
	    VERB_START, FORM_END, 0, 1, 1, 0 },
	{ "stop", NULL, "NAME|all", "stop a service; it stays stopped",
	    VERB_STOP, FORM_END, 0, 1, 1, 0 },
	{ "restart", NULL, "NAME|all", "stop a service and start it again",
	    VERB_RESTART, FORM_END, 0, 1, 1, 0 },
	{ "log", NULL, "NAME",
	    "print a service's output (-f follow, -n LINES|all, else 10)",
	    VERB_LOG, FORM_LOG, 0, 1, 1, ANSWER_S },
	{ "hold", NULL, "", "no upgrade until `resume'",
	    VERB_HOLD, FORM_END, 0, 0, 0, ANSWER_S },
	{ "resume", NULL, "", "end a hold",
	    VERB_RESUME, FORM_END, 0, 0, 0, ANSWER_S },
	{ "reload", NULL, "",
	    "read the configuration again (-n only says what would happen)",
	    VERB_RELOAD, FORM_SHOW, 0, 0, 0, ANSWER_S },
	{ "reexec", NULL, "", "exec the installed daemon; services stay up",
	    VERB_REEXEC, FORM_END, 0, 0, 0, ANSWER_S },
	{ "shutdown", NULL, "",
	    "end the daemon and the services (--keep-services: only it)",
	    VERB_SHUTDOWN, FORM_END, 0, 0, 0, 0 }
};

const size_t	 commands_count = sizeof(commands) / sizeof(commands[0]);
