DIALER_ADDRESS_TEST_OBJS = regress/unit/dialer_address_test.o \
			lavavisord/dialer/address.o
REGRESS_OBJS +=		regress/unit/dialer_address_test.o
UNIT_TESTS +=		regress/bin/dialer_address_test
regress/bin/dialer_address_test: ${DIALER_ADDRESS_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${DIALER_ADDRESS_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
