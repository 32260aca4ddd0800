-- Who may enrol, who may command, whom to trust, who leads.
create table enrolment_tokens (
    tenant text collate "C" not null,
    name text collate "C" not null,
    hash text collate "C" not null,
    expires_at_ms bigint not null,
    uses_max bigint not null,
    uses bigint not null,
    device text not null,
    replaces bigint not null,
    labels text not null,
    created_at_ms bigint not null,
    revision bigint not null,
    primary key (tenant, name)
);
create unique index enrolment_tokens_by_hash on enrolment_tokens (tenant, hash);

create table credentials (
    tenant text collate "C" not null,
    name text collate "C" not null,
    hash text collate "C" not null,
    roles text not null,
    created_at_ms bigint not null,
    expires_at_ms bigint not null,
    revoked_at_ms bigint not null,
    revision bigint not null,
    primary key (tenant, name)
);
create unique index credentials_by_hash on credentials (tenant, hash);

create table trust_documents (
    tenant text collate "C" not null,
    kind bigint not null,
    version bigint not null,
    content text not null,
    envelope bytea not null,
    at_ms bigint not null,
    revision bigint not null,
    primary key (tenant, kind, version)
);

create table leases (
    tenant text collate "C" not null,
    name text collate "C" not null,
    holder text not null,
    expires_at_ms bigint not null,
    term bigint not null,
    primary key (tenant, name)
);
