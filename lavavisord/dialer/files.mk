DIALER_SRCS =	lavavisord/dialer/address.c lavavisord/dialer/dial.c \
		lavavisord/dialer/main.c
DIALER_LIBS =	${LIB_EVENT}
