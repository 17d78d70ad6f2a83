CONFIG_LIST_TEST_OBJS =	regress/unit/config_list_test.o \
		lavavisorctl/local/config_list.o \
		lavavisorctl/local/yaml_quote.o
REGRESS_OBJS +=	regress/unit/config_list_test.o
UNIT_TESTS +=	regress/bin/config_list_test

regress/bin/config_list_test: ${CONFIG_LIST_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${CONFIG_LIST_TEST_OBJS} ${LIBS_COMMON} \
	    ${LIB_YAML} -lcmocka ${OS_LIBS}
