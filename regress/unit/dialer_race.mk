DIALER_RACE_TEST_OBJS =	regress/unit/dialer_race_test.o \
			lavavisord/dialer/address.o lavavisord/dialer/dial.o \
			lavavisord/dialer/resolver.o
REGRESS_OBJS +=		regress/unit/dialer_race_test.o
UNIT_TESTS +=		regress/bin/dialer_race_test
regress/bin/dialer_race_test: ${DIALER_RACE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${DIALER_RACE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${LIB_EVENT} ${OS_LIBS}
