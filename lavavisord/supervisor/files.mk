SUPERVISOR_SRCS =	lavavisord/supervisor/main.c
SUPERVISOR_LIBS =	${LIB_EVENT}
