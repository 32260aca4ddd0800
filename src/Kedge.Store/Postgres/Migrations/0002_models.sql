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
