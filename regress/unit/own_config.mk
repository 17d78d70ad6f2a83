OWN_CONFIG_TEST_OBJS =	regress/unit/own_config_test.o \
		lavavisorctl/local/own_config.o lavavisorctl/local/placed.o \
		lavavisorctl/local/yaml_quote.o
REGRESS_OBJS +=	regress/unit/own_config_test.o
UNIT_TESTS +=	regress/bin/own_config_test

regress/bin/own_config_test: ${OWN_CONFIG_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${OWN_CONFIG_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_YAML} ${LIB_JANSSON} -lcmocka ${OS_LIBS}
