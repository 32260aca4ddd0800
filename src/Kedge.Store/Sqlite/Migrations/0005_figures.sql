-- What devices measured of their workloads; nobody is woken by it.
create table figures (
    tenant text not null,
    deployment text not null,
    device text not null,
    json text not null,
    at_ms integer not null,
    primary key (tenant, deployment, device)
) strict;
create index figures_by_device on figures (tenant, device);
