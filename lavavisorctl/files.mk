CTL_WORD_SRCS =	lavavisorctl/commands.c \
		lavavisorctl/command_table.c lavavisorctl/option_table.c
CTL_TEXT_SRCS =	lavavisorctl/screen_text.c lavavisorctl/table.c \
		lavavisorctl/cells.c lavavisorctl/show.c \
		lavavisorctl/check.c lavavisorctl/config_text.c \
		lavavisorctl/event_line.c lavavisorctl/explanation.c \
		lavavisorctl/history.c lavavisorctl/show_one.c \
		lavavisorctl/upgrade_text.c
CTL_LOCAL_SRCS = lavavisorctl/local/local.c lavavisorctl/local/options.c \
		lavavisorctl/local/place.c \
		lavavisorctl/local/command_split.c \
		lavavisorctl/local/complain.c \
		lavavisorctl/local/config_list.c \
		lavavisorctl/local/create_order.c \
		lavavisorctl/local/create_service.c \
		lavavisorctl/local/daemon.c lavavisorctl/local/init.c \
		lavavisorctl/local/import.c \
		lavavisorctl/local/import_cosmovisor.c \
		lavavisorctl/local/import_files.c \
		lavavisorctl/local/import_lavavisor.c \
		lavavisorctl/local/import_limits.c \
		lavavisorctl/local/import_plan.c \
		lavavisorctl/local/import_unit.c \
		lavavisorctl/local/import_versions.c \
		lavavisorctl/local/next_step.c \
		lavavisorctl/local/own_config.c \
		lavavisorctl/local/own_directory.c \
		lavavisorctl/local/placed.c \
		lavavisorctl/local/program_link.c \
		lavavisorctl/local/programs.c \
		lavavisorctl/local/query_flags.c \
		lavavisorctl/local/remove_service.c \
		lavavisorctl/local/service_file.c \
		lavavisorctl/local/service_others.c \
		lavavisorctl/local/service_place.c \
		lavavisorctl/local/service_user.c \
		lavavisorctl/local/start.c \
		lavavisorctl/local/top.c \
		lavavisorctl/local/unit_file.c \
		lavavisorctl/local/wrap.c lavavisorctl/local/wrap_files.c \
		lavavisorctl/local/wrap_owner.c \
		lavavisorctl/local/yaml_quote.c
CTL_SRCS =	lavavisorctl/main.c lavavisorctl/sockets.c \
		lavavisorctl/wrapped.c \
		lavavisorctl/complete.c \
		lavavisorctl/conversation.c lavavisorctl/events.c \
		lavavisorctl/install_files.c lavavisorctl/log_tail.c \
		lavavisorctl/passphrase.c lavavisorctl/pulse.c \
		lavavisorctl/unlock.c lavavisorctl/usage.c \
		${CTL_LOCAL_SRCS} ${CTL_WORD_SRCS} ${CTL_TEXT_SRCS}
CTL_LIBS =	${LINKED_LIBS}
# The live table, which links curses as well
TOP_SRCS =	lavavisorctl/top/main.c lavavisorctl/top/asks.c \
		lavavisorctl/top/last_lines.c \
		lavavisorctl/top/log_view.c lavavisorctl/top/rows.c \
		lavavisorctl/top/screen.c
TOP_SHARED_OBJS = lavavisorctl/sockets.o lavavisorctl/conversation.o \
		lavavisorctl/wrapped.o \
		lavavisorctl/cells.o lavavisorctl/screen_text.o \
		lavavisorctl/local/options.o lavavisorctl/local/place.o \
		lavavisorctl/local/complain.o
TOP_LIBS =	${LIB_CURSES} ${LINKED_LIBS}
