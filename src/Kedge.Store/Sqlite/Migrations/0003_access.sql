-- Who may enrol, who may command, whom to trust, who leads.
create table enrolment_tokens (
    tenant text not null,
    name text not null,
    hash text not null,
    expires_at_ms integer not null,
    uses_max integer not null,
    uses integer not null,
    device text not null,
    replaces integer not null,
    labels text not null,
    created_at_ms integer not null,
    revision integer not null,
    primary key (tenant, name)
) strict;
create unique index enrolment_tokens_by_hash on enrolment_tokens (tenant, hash);

create table credentials (
    tenant text not null,
    name text not null,
    hash text not null,
    roles text not null,
    created_at_ms integer not null,
    expires_at_ms integer not null,
    revoked_at_ms integer not null,
    revision integer not null,
    primary key (tenant, name)
) strict;
create unique index credentials_by_hash on credentials (tenant, hash);

create table trust_documents (
    tenant text not null,
    kind integer not null,
    version integer not null,
    content text not null,
    envelope blob not null,
    at_ms integer not null,
    revision integer not null,
    primary key (tenant, kind, version)
) strict;

create table leases (
    tenant text not null,
    name text not null,
    holder text not null,
    expires_at_ms integer not null,
    term integer not null,
    primary key (tenant, name)
) strict;
