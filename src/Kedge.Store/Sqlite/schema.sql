-- The whole schema: what the migrations add up to. A test holds them against each other.
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

-- Models, their chunks, and the deployments that name them.
create table packages (
    tenant text not null,
    digest text not null,
    name text not null,
    bytes integer not null,
    chunk_count integer not null,
    created_at_ms integer not null,
    revision integer not null,
    envelope blob not null,
    manifest_json text not null,
    primary key (tenant, digest)
) strict;
create unique index packages_by_revision on packages (tenant, revision);
create index packages_by_name on packages (tenant, name, revision);

create table tags (
    tenant text not null,
    name text not null,
    tag text not null,
    digest text not null,
    moved_at_ms integer not null,
    revision integer not null,
    primary key (tenant, name, tag)
) strict;
create index tags_by_digest on tags (tenant, digest);
create table tag_history (
    tenant text not null,
    name text not null,
    tag text not null,
    revision integer not null,
    digest text not null,
    moved_at_ms integer not null,
    primary key (tenant, name, tag, revision)
) strict;

create table chunks (
    tenant text not null,
    digest text not null,
    bytes integer not null,
    touched_at_ms integer not null,
    primary key (tenant, digest)
) strict;
-- The revision of its push names the package: shorter than a digest, and there are many rows.
create table package_chunks (
    tenant text not null,
    package_revision integer not null,
    chunk text not null,
    bytes integer not null,
    primary key (tenant, package_revision, chunk)
) strict;
create index package_chunks_by_chunk on package_chunks (tenant, chunk);

create table deployments (
    tenant text not null,
    deployment text not null,
    revision integer not null,
    spec_revision integer not null,
    spec_json text not null,
    created_at_ms integer not null,
    applied_at_ms integer not null,
    cause text not null,
    deleted_at_ms integer not null,
    primary key (tenant, deployment)
) strict;
create table deployment_revisions (
    tenant text not null,
    deployment text not null,
    spec_revision integer not null,
    spec_json text not null,
    applied_at_ms integer not null,
    cause text not null,
    primary key (tenant, deployment, spec_revision)
) strict;
create table deployment_packages (
    tenant text not null,
    digest text not null,
    deployment text not null,
    spec_revision integer not null,
    primary key (tenant, digest, deployment, spec_revision)
) strict;
create index deployment_packages_by_deployment on deployment_packages (tenant, deployment, spec_revision);

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

-- Where the rollout of each deployment stands.
create table rollouts (
    tenant text not null,
    deployment text not null,
    revision integer not null,
    state_json text not null,
    at_ms integer not null,
    primary key (tenant, deployment)
) strict;

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

-- Places whose devices share one line.
create table sites (
    tenant text not null,
    name text not null,
    spec_json text not null,
    applied_at_ms integer not null,
    revision integer not null,
    primary key (tenant, name)
) strict;
