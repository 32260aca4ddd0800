-- What devices measured of their workloads; nobody is woken by it.
create table figures (
    tenant text collate "C" not null,
    deployment text collate "C" not null,
    device text collate "C" not null,
    json text not null,
    at_ms bigint not null,
    primary key (tenant, deployment, device)
);
create index figures_by_device on figures (tenant, device);
