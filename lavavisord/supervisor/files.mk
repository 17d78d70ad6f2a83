SUPERVISOR_SRCS =	lavavisord/supervisor/main.c \
			lavavisord/supervisor/output.c \
			lavavisord/supervisor/policy.c \
			lavavisord/supervisor/slot.c
SUPERVISOR_LIBS =	${LIB_EVENT}
