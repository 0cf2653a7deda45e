"""Built-in types, and the casts between them.

Written by `python -m migsafe_dev sync` from pg_type, pg_opclass and pg_cast of PostgreSQL
16 and 18; do not edit.
"""

TYPES = """
aclitem|U|p|s|hash
bigint|N|p|i|brin btree hash
bit|V|x|i|brin btree
bit varying|V|x|i|brin btree
boolean|B|p|i|btree hash
box|G|p|i|brin gist spgist
bytea|U|x|i|brin btree hash
character|S|x|i|brin btree hash
character varying|S|x|i|brin btree hash spgist
cid|U|p|i|hash
cidr|I|m|i|brin btree hash spgist
circle|G|p|i|gist
date|D|p|s|brin btree hash
datemultirange|R|x|s|btree gist hash
daterange|R|x|s|brin btree gist hash spgist
double precision|N|p|i|brin btree hash
gtsvector|U|p|i|
inet|I|m|i|brin btree hash spgist
int4multirange|R|x|s|btree gist hash
int4range|R|x|s|brin btree gist hash spgist
int8multirange|R|x|s|btree gist hash
int8range|R|x|s|brin btree gist hash spgist
integer|N|p|i|brin btree hash
interval|T|p|s|brin btree hash
json|U|x|i|
jsonb|U|x|i|btree gin hash
jsonpath|U|x|i|
line|G|p|i|
lseg|G|p|i|
macaddr|U|p|i|brin btree hash
macaddr8|U|p|i|brin btree hash
money|N|p|s|btree
name|S|p|i|brin btree hash
numeric|N|m|i|brin btree hash
nummultirange|R|x|s|btree gist hash
numrange|R|x|s|brin btree gist hash spgist
oid|N|p|i|brin btree hash
path|G|x|i|
pg_lsn|U|p|i|brin btree hash
pg_snapshot|U|x|i|
point|G|p|i|gist spgist
polygon|G|x|i|gist spgist
real|N|p|i|brin btree hash
refcursor|U|x|i|
smallint|N|p|i|brin btree hash
text|S|x|i|brin btree hash spgist
tid|U|p|i|brin btree hash
time with time zone|D|p|i|brin btree hash
time without time zone|D|p|i|brin btree hash
timestamp with time zone|D|p|s|brin btree hash
timestamp without time zone|D|p|s|brin btree hash
tsmultirange|R|x|s|btree gist hash
tsquery|U|p|i|btree gist
tsrange|R|x|s|brin btree gist hash spgist
tstzmultirange|R|x|s|btree gist hash
tstzrange|R|x|s|brin btree gist hash spgist
tsvector|U|x|i|btree gin gist
txid_snapshot|U|x|i|
uuid|U|p|i|brin btree hash
xid|U|p|i|hash
xid8|U|p|i|btree hash
xml|U|x|i|
"""
"""Name, category, storage, volatility of its text, methods with an operator class to take where
none is named."""

CASTS = """
"char"|character varying|fa
"char"|character|fa
"char"|integer|fe
"char"|text|fi
bigint|bit|fe
bigint|bytea|fe|18
bigint|double precision|fi
bigint|integer|fa
bigint|money|fa
bigint|numeric|fi
bigint|oid|fi
bigint|real|fi
bigint|smallint|fa
bit varying|bit varying|fi
bit varying|bit|bi
bit|bigint|fe
bit|bit varying|bi
bit|bit|fi
bit|integer|fe
boolean|character varying|fa
boolean|character|fa
boolean|integer|fe
boolean|text|fa
box|circle|fe
box|lseg|fe
box|point|fe
box|polygon|fa
bytea|bigint|fe|18
bytea|integer|fe|18
bytea|smallint|fe|18
character varying|"char"|fa
character varying|character varying|fi
character varying|character|bi
character varying|name|fi
character varying|text|bi
character varying|xml|fe
character|"char"|fa
character|character varying|fi
character|character|fi
character|name|fi
character|text|fi
character|xml|fe
cidr|character varying|fa
cidr|character|fa
cidr|inet|bi
cidr|text|fa
circle|box|fe
circle|point|fe
circle|polygon|fe
daterange|datemultirange|fe
date|timestamp with time zone|fi
date|timestamp without time zone|fi
double precision|bigint|fa
double precision|integer|fa
double precision|numeric|fa
double precision|real|fa
double precision|smallint|fa
inet|character varying|fa
inet|character|fa
inet|cidr|fa
inet|text|fa
int4range|int4multirange|fe
int8range|int8multirange|fe
integer|"char"|fe
integer|bigint|fi
integer|bit|fe
integer|boolean|fe
integer|bytea|fe|18
integer|double precision|fi
integer|money|fa
integer|numeric|fi
integer|oid|bi
integer|real|fi
integer|smallint|fa
interval|interval|fi
interval|time without time zone|fa
jsonb|bigint|fe
jsonb|boolean|fe
jsonb|double precision|fe
jsonb|integer|fe
jsonb|json|ia
jsonb|numeric|fe
jsonb|real|fe
jsonb|smallint|fe
json|jsonb|ia
lseg|point|fe
macaddr8|macaddr|fi
macaddr|macaddr8|fi
money|numeric|fa
name|character varying|fa
name|character|fa
name|text|fi
numeric|bigint|fa
numeric|double precision|fi
numeric|integer|fa
numeric|money|fa
numeric|numeric|fi
numeric|real|fi
numeric|smallint|fa
numrange|nummultirange|fe
oid|bigint|fa
oid|integer|ba
path|polygon|fa
pg_dependencies|bytea|bi
pg_dependencies|text|ii
pg_mcv_list|bytea|bi
pg_mcv_list|text|ii
pg_ndistinct|bytea|bi
pg_ndistinct|text|ii
pg_node_tree|text|bi
point|box|fa
polygon|box|fe
polygon|circle|fe
polygon|path|fa
polygon|point|fe
real|bigint|fa
real|double precision|fi
real|integer|fa
real|numeric|fa
real|smallint|fa
smallint|bigint|fi
smallint|bytea|fe|18
smallint|double precision|fi
smallint|integer|fi
smallint|numeric|fi
smallint|oid|fi
smallint|real|fi
text|"char"|fa
text|character varying|bi
text|character|bi
text|name|fi
text|xml|fe
time with time zone|time with time zone|fi
time with time zone|time without time zone|fa
time without time zone|interval|fi
time without time zone|time with time zone|fi
time without time zone|time without time zone|fi
timestamp with time zone|date|fa
timestamp with time zone|time with time zone|fa
timestamp with time zone|time without time zone|fa
timestamp with time zone|timestamp with time zone|fi
timestamp with time zone|timestamp without time zone|fa
timestamp without time zone|date|fa
timestamp without time zone|time without time zone|fa
timestamp without time zone|timestamp with time zone|fi
timestamp without time zone|timestamp without time zone|fi
tsrange|tsmultirange|fe
tstzrange|tstzmultirange|fe
xid8|xid|fe
xml|character varying|ba
xml|character|ba
xml|text|ba
"""
"""From, to; b (the same bytes), f (a function) or i (through text); i (by itself), a (when stored)
or e (asked for); the first version that has it, where older ones do not."""
