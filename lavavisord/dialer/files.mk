DIALER_SRCS =	lavavisord/dialer/main.c
DIALER_LIBS =	${LIB_EVENT}
