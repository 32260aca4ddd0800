-- The whole schema: what the migrations add up to. A test holds them against each other.
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

-- Models, their chunks, and the deployments that name them.
create table packages (
    tenant text collate "C" not null,
    digest text collate "C" not null,
    name text collate "C" not null,
    bytes bigint not null,
    chunk_count bigint not null,
    created_at_ms bigint not null,
    revision bigint not null,
    envelope bytea not null,
    manifest_json text not null,
    primary key (tenant, digest)
);
create unique index packages_by_revision on packages (tenant, revision);
create index packages_by_name on packages (tenant, name, revision);

create table tags (
    tenant text collate "C" not null,
    name text collate "C" not null,
    tag text collate "C" not null,
    digest text collate "C" not null,
    moved_at_ms bigint not null,
    revision bigint not null,
    primary key (tenant, name, tag)
);
create index tags_by_digest on tags (tenant, digest);
create table tag_history (
    tenant text collate "C" not null,
    name text collate "C" not null,
    tag text collate "C" not null,
    revision bigint not null,
    digest text collate "C" not null,
    moved_at_ms bigint not null,
    primary key (tenant, name, tag, revision)
);

create table chunks (
    tenant text collate "C" not null,
    digest text collate "C" not null,
    bytes bigint not null,
    touched_at_ms bigint not null,
    primary key (tenant, digest)
);
-- The revision of its push names the package: shorter than a digest, and there are many rows.
create table package_chunks (
    tenant text collate "C" not null,
    package_revision bigint not null,
    chunk text collate "C" not null,
    bytes bigint not null,
    primary key (tenant, package_revision, chunk)
);
create index package_chunks_by_chunk on package_chunks (tenant, chunk);

create table deployments (
    tenant text collate "C" not null,
    deployment text collate "C" not null,
    revision bigint not null,
    spec_revision bigint not null,
    spec_json text not null,
    created_at_ms bigint not null,
    applied_at_ms bigint not null,
    cause text not null,
    deleted_at_ms bigint not null,
    primary key (tenant, deployment)
);
create table deployment_revisions (
    tenant text collate "C" not null,
    deployment text collate "C" not null,
    spec_revision bigint not null,
    spec_json text not null,
    applied_at_ms bigint not null,
    cause text not null,
    primary key (tenant, deployment, spec_revision)
);
create table deployment_packages (
    tenant text collate "C" not null,
    digest text collate "C" not null,
    deployment text collate "C" not null,
    spec_revision bigint not null,
    primary key (tenant, digest, deployment, spec_revision)
);
create index deployment_packages_by_deployment on deployment_packages (tenant, deployment, spec_revision);

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

-- Where the rollout of each deployment stands.
create table rollouts (
    tenant text collate "C" not null,
    deployment text collate "C" not null,
    revision bigint not null,
    state_json text not null,
    at_ms bigint not null,
    primary key (tenant, deployment)
);

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

-- Places whose devices share one line.
create table sites (
    tenant text collate "C" not null,
    name text collate "C" not null,
    spec_json text not null,
    applied_at_ms bigint not null,
    revision bigint not null,
    primary key (tenant, name)
);
