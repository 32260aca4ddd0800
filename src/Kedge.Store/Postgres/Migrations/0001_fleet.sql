-- Devices, what they are asked for and what they report.
create table store_state (
    id bigint not null primary key check (id = 1),
    revision bigint not null
);
insert into store_state (id, revision) values (1, 0);

create table devices (
    tenant text collate "C" not null,
    device text collate "C" not null,
    incarnation text not null,
    key text not null,
    revision bigint not null,
    changed_at_revision bigint not null,
    labels text not null,
    annotations text not null,
    cordoned bigint not null,
    revoked_at_ms bigint not null,
    enrolled_at_ms bigint not null,
    connected bigint not null,
    connection_epoch bigint not null,
    replica text not null,
    presence_at_ms bigint not null,
    last_seen_ms bigint not null,
    last_sequence bigint not null,
    status_at_ms bigint not null,
    reported_generation bigint not null,
    settled bigint not null,
    facts_at_ms bigint not null,
    desired_generation bigint not null,
    desired_floor bigint not null,
    desired_content text not null,
    desired_key text not null,
    desired_plan_revision bigint not null,
    desired_at_ms bigint not null,
    primary key (tenant, device)
);
create index devices_by_change on devices (tenant, changed_at_revision);

-- Documents lie apart: a heartbeat does not write them anew.
create table device_status (
    tenant text collate "C" not null,
    device text collate "C" not null,
    json text not null,
    primary key (tenant, device)
);
create table device_facts (
    tenant text collate "C" not null,
    device text collate "C" not null,
    json text not null,
    primary key (tenant, device)
);
create table desired_states (
    tenant text collate "C" not null,
    device text collate "C" not null,
    signed bytea not null,
    primary key (tenant, device)
);

create table certificates (
    tenant text collate "C" not null,
    serial text collate "C" not null,
    device text collate "C" not null,
    thumbprint text not null,
    key text not null,
    not_after_ms bigint not null,
    issued_at_ms bigint not null,
    revoked_at_ms bigint not null,
    revoked_because text not null,
    primary key (tenant, serial)
);
create index certificates_by_device on certificates (tenant, device, issued_at_ms);
create index certificates_by_expiry on certificates (tenant, not_after_ms);

create table events (
    tenant text collate "C" not null,
    id bigint not null,
    at_ms bigint not null,
    reason text not null,
    message text not null,
    device text collate "C" not null,
    deployment text collate "C" not null,
    subject text collate "C" not null,
    warning bigint not null,
    code text not null,
    primary key (tenant, id)
);
create index events_by_device on events (tenant, device, id);
create index events_by_deployment on events (tenant, deployment, id);
create index events_by_subject on events (tenant, subject, id);
