-- Where the rollout of each deployment stands.
create table rollouts (
    tenant text collate "C" not null,
    deployment text collate "C" not null,
    revision bigint not null,
    state_json text not null,
    at_ms bigint not null,
    primary key (tenant, deployment)
);
