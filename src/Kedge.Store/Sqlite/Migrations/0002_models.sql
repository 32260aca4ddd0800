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
