WINDOW_TEST_OBJS =	regress/unit/window_test.o \
		lavavisord/window.o
REGRESS_OBJS +=	regress/unit/window_test.o
UNIT_TESTS +=	regress/bin/window_test

regress/bin/window_test: ${WINDOW_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${WINDOW_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
