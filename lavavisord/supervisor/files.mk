SUPERVISOR_SRCS =	lavavisord/supervisor/log_watch.c \
			lavavisord/supervisor/main.c \
			lavavisord/supervisor/notify.c \
			lavavisord/supervisor/output.c \
			lavavisord/supervisor/policy.c \
			lavavisord/supervisor/slot.c
SUPERVISOR_LIBS =	${LIB_EVENT}
