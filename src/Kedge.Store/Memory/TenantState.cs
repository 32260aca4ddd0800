using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>All of one tenant.</summary>
internal sealed record TenantState
{
    public static readonly TenantState Empty = new();

    public ImmutableSortedDictionary<DeviceId, DeviceRow> Devices { get; init; } =
        ImmutableSortedDictionary<DeviceId, DeviceRow>.Empty;

    public ImmutableDictionary<DeviceId, ImmutableArray<byte>> Signed { get; init; } =
        ImmutableDictionary<DeviceId, ImmutableArray<byte>>.Empty;

    public ImmutableSortedDictionary<string, CertificateRow> Certificates { get; init; } = ByText<CertificateRow>();

    public ImmutableSortedDictionary<DeploymentId, DeploymentRow> Deployments { get; init; } =
        ImmutableSortedDictionary<DeploymentId, DeploymentRow>.Empty;

    /// <summary>Newest first.</summary>
    public ImmutableDictionary<DeploymentId, ImmutableList<DeploymentRevisionRow>> Histories { get; init; } =
        ImmutableDictionary<DeploymentId, ImmutableList<DeploymentRevisionRow>>.Empty;

    public ImmutableSortedDictionary<DeploymentId, RolloutRow> Rollouts { get; init; } =
        ImmutableSortedDictionary<DeploymentId, RolloutRow>.Empty;

    /// <summary>By deployment, then by device.</summary>
    public ImmutableSortedDictionary<DeploymentId, ImmutableSortedDictionary<DeviceId, FiguresRow>> Figures
    {
        get; init;
    } = ImmutableSortedDictionary<DeploymentId, ImmutableSortedDictionary<DeviceId, FiguresRow>>.Empty;

    public ImmutableSortedDictionary<Digest, StoredPackage> Packages { get; init; } =
        ImmutableSortedDictionary<Digest, StoredPackage>.Empty;

    public ImmutableSortedDictionary<string, TagRow> Tags { get; init; } = ByText<TagRow>();

    /// <summary>Newest first.</summary>
    public ImmutableDictionary<string, ImmutableList<TagRow>> TagHistories { get; init; } =
        ImmutableDictionary<string, ImmutableList<TagRow>>.Empty;

    public ImmutableSortedDictionary<Digest, StoredChunk> Chunks { get; init; } =
        ImmutableSortedDictionary<Digest, StoredChunk>.Empty;

    public ImmutableSortedDictionary<string, EnrolmentTokenRow> Tokens { get; init; } = ByText<EnrolmentTokenRow>();

    public ImmutableSortedDictionary<string, CredentialRow> Credentials { get; init; } = ByText<CredentialRow>();

    public ImmutableSortedDictionary<string, SiteRow> Sites { get; init; } = ByText<SiteRow>();

    public ImmutableSortedDictionary<(TrustKind Kind, long Version), TrustRow> Trust { get; init; } =
        ImmutableSortedDictionary<(TrustKind, long), TrustRow>.Empty;

    public ImmutableSortedDictionary<long, EventRow> Events { get; init; } =
        ImmutableSortedDictionary<long, EventRow>.Empty;

    public ImmutableDictionary<DeviceId, ImmutableSortedSet<long>> DeviceEvents { get; init; } =
        ImmutableDictionary<DeviceId, ImmutableSortedSet<long>>.Empty;

    public long LastEventId { get; init; }

    public ImmutableDictionary<string, LeaseRow> Leases { get; init; } =
        ImmutableDictionary<string, LeaseRow>.Empty;

    private static ImmutableSortedDictionary<string, T> ByText<T>() =>
        ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
}

/// <summary>A package with what it was pushed with.</summary>
internal sealed record StoredPackage(PackageRow Row, PackageWrite Write);

/// <summary>A chunk of the index.</summary>
internal sealed record StoredChunk(ChunkRef Ref, long TouchedAtMs, int PackageCount);
