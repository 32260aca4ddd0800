-- Places whose devices share one line.
create table sites (
    tenant text not null,
    name text not null,
    spec_json text not null,
    applied_at_ms integer not null,
    revision integer not null,
    primary key (tenant, name)
) strict;
