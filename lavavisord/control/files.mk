CONTROL_SRCS =	lavavisord/control/main.c
CONTROL_LIBS =	${LIB_EVENT}
