-- Places whose devices share one line.
create table sites (
    tenant text collate "C" not null,
    name text collate "C" not null,
    spec_json text not null,
    applied_at_ms bigint not null,
    revision bigint not null,
    primary key (tenant, name)
);
