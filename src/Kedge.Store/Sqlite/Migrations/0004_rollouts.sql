-- Where the rollout of each deployment stands.
create table rollouts (
    tenant text not null,
    deployment text not null,
    revision integer not null,
    state_json text not null,
    at_ms integer not null,
    primary key (tenant, deployment)
) strict;
