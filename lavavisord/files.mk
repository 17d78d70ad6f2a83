PARENT_SRCS =	lavavisord/main.c
# The configuration, also linked by its test
CONFIG_SRCS =	lavavisord/config.c \
		lavavisord/config_accounts.c \
		lavavisord/config_argv.c \
		lavavisord/config_diff.c \
		lavavisord/config_features.c \
		lavavisord/config_files.c \
		lavavisord/config_listen.c \
		lavavisord/config_main.c \
		lavavisord/config_schema.c \
		lavavisord/config_service.c \
		lavavisord/config_values.c \
		lavavisord/yaml_tree.c
PARENT_SRCS +=	${CONFIG_SRCS}
# Pure or nearly so, also linked by their tests
PARENT_SRCS +=	lavavisord/decide.c \
		lavavisord/history.c \
		lavavisord/journal.c \
		lavavisord/journal_text.c \
		lavavisord/manifest.c \
		lavavisord/record.c \
		lavavisord/runfile.c \
		lavavisord/upgrade_table.c
PARENT_LIBS =	${LIB_EVENT} ${LIB_YAML} ${LIB_JANSSON}
