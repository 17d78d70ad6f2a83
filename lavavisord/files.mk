PARENT_SRCS =	lavavisord/adopt.c \
		lavavisord/adopt_unknown.c \
		lavavisord/binary.c \
		lavavisord/ca_bundle.c \
		lavavisord/chain_height.c \
		lavavisord/check.c \
		lavavisord/clock.c \
		lavavisord/control_sockets.c \
		lavavisord/ctl.c \
		lavavisord/ctl_feeds.c \
		lavavisord/ctl_verbs.c \
		lavavisord/ctl_wait.c \
		lavavisord/decision.c \
		lavavisord/dial.c \
		lavavisord/directories.c \
		lavavisord/events.c \
		lavavisord/explain.c \
		lavavisord/fetch.c \
		lavavisord/health.c \
		lavavisord/hook_command.c \
		lavavisord/hook_upgrade.c \
		lavavisord/hooks.c \
		lavavisord/install.c \
		lavavisord/install_verified.c \
		lavavisord/keep.c \
		lavavisord/launch.c \
		lavavisord/launch_child.c \
		lavavisord/launch_plan.c \
		lavavisord/log_files.c \
		lavavisord/main.c \
		lavavisord/nodes.c \
		lavavisord/out_of_memory.c \
		lavavisord/offline.c \
		lavavisord/probe.c \
		lavavisord/probe_command.c \
		lavavisord/readiness.c \
		lavavisord/ready_signs.c \
		lavavisord/reap.c \
		lavavisord/reexec.c \
		lavavisord/reload.c \
		lavavisord/roll.c \
		lavavisord/roll_back.c \
		lavavisord/roll_down.c \
		lavavisord/roll_drain.c \
		lavavisord/roll_move.c \
		lavavisord/roll_read.c \
		lavavisord/roll_switch.c \
		lavavisord/room_spawn.c \
		lavavisord/rooms.c \
		lavavisord/run_record.c \
		lavavisord/services.c \
		lavavisord/services_find.c \
		lavavisord/services_start.c \
		lavavisord/services_stop.c \
		lavavisord/services_tell.c \
		lavavisord/show.c \
		lavavisord/show_config.c \
		lavavisord/show_installed.c \
		lavavisord/shutdown.c \
		lavavisord/sources.c \
		lavavisord/staging.c \
		lavavisord/startup.c \
		lavavisord/strays.c \
		lavavisord/upgrade.c \
		lavavisord/upgrade_orders.c \
		lavavisord/upgrade_record.c \
		lavavisord/upgrade_steps.c \
		lavavisord/verify.c \
		lavavisord/version_probe.c
# The configuration, also linked by its test
CONFIG_SRCS =	lavavisord/config.c \
		lavavisord/config_accounts.c \
		lavavisord/config_argv.c \
		lavavisord/config_check.c \
		lavavisord/config_diff.c \
		lavavisord/config_features.c \
		lavavisord/config_files.c \
		lavavisord/config_hash.c \
		lavavisord/config_hooks.c \
		lavavisord/config_listen.c \
		lavavisord/config_main.c \
		lavavisord/config_schema.c \
		lavavisord/config_service.c \
		lavavisord/config_values.c \
		lavavisord/fork_child.c \
		lavavisord/window.c
PARENT_SRCS +=	${CONFIG_SRCS}
# Pure or nearly so, also linked by their tests
PARENT_SRCS +=	lavavisord/config_shown.c \
		lavavisord/decide.c \
		lavavisord/hash_rule.c \
		lavavisord/health_rule.c \
		lavavisord/ready_pause.c \
		lavavisord/history.c \
		lavavisord/journal.c \
		lavavisord/journal_text.c \
		lavavisord/keep_choose.c \
		lavavisord/manifest.c \
		lavavisord/masking.c \
		lavavisord/name_match.c \
		lavavisord/offline_rule.c \
		lavavisord/record.c \
		lavavisord/roll_order.c \
		lavavisord/runfile.c \
		lavavisord/shown.c \
		lavavisord/upgrade_table.c \
		lavavisord/verify_answer.c
PARENT_LIBS =	${LINKED_LIBS}
