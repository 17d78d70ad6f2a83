CTL_SRCS =	lavavisorctl/main.c
CTL_LIBS =	${LIB_JANSSON}
