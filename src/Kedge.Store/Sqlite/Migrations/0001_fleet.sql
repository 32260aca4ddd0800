-- Devices, what they are asked for and what they report.
create table store_state (
    id integer not null primary key check (id = 1),
    revision integer not null
) strict;
insert into store_state (id, revision) values (1, 0);

create table devices (
    tenant text not null,
    device text not null,
    incarnation text not null,
    key text not null,
    revision integer not null,
    changed_at_revision integer not null,
    labels text not null,
    annotations text not null,
    cordoned integer not null,
    revoked_at_ms integer not null,
    enrolled_at_ms integer not null,
    connected integer not null,
    connection_epoch integer not null,
    replica text not null,
    presence_at_ms integer not null,
    last_seen_ms integer not null,
    last_sequence integer not null,
    status_at_ms integer not null,
    reported_generation integer not null,
    settled integer not null,
    facts_at_ms integer not null,
    desired_generation integer not null,
    desired_floor integer not null,
    desired_content text not null,
    desired_key text not null,
    desired_plan_revision integer not null,
    desired_at_ms integer not null,
    primary key (tenant, device)
) strict;
create index devices_by_change on devices (tenant, changed_at_revision);

-- Documents lie apart: a heartbeat does not write them anew.
create table device_status (
    tenant text not null,
    device text not null,
    json text not null,
    primary key (tenant, device)
) strict;
create table device_facts (
    tenant text not null,
    device text not null,
    json text not null,
    primary key (tenant, device)
) strict;
create table desired_states (
    tenant text not null,
    device text not null,
    signed blob not null,
    primary key (tenant, device)
) strict;

create table certificates (
    tenant text not null,
    serial text not null,
    device text not null,
    thumbprint text not null,
    key text not null,
    not_after_ms integer not null,
    issued_at_ms integer not null,
    revoked_at_ms integer not null,
    revoked_because text not null,
    primary key (tenant, serial)
) strict;
create index certificates_by_device on certificates (tenant, device, issued_at_ms);
create index certificates_by_expiry on certificates (tenant, not_after_ms);

create table events (
    tenant text not null,
    id integer not null,
    at_ms integer not null,
    reason text not null,
    message text not null,
    device text not null,
    deployment text not null,
    subject text not null,
    warning integer not null,
    code text not null,
    primary key (tenant, id)
) strict;
create index events_by_device on events (tenant, device, id);
create index events_by_deployment on events (tenant, deployment, id);
create index events_by_subject on events (tenant, subject, id);
