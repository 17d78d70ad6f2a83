CONTROL_SRCS =	lavavisord/control/main.c lavavisord/control/clients.c \
		lavavisord/control/log_limit.c
CONTROL_LIBS =	${LIB_EVENT}
