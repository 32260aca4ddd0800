using Kedge.Core;

namespace Kedge.Store;

/// <summary>Bounds of what the store keeps and hands out, each with its unit and reason.</summary>
public static class StoreLimits
{
    /// <summary>Most rows of one page: a page of devices with their facts stays within some tens of MiB.</summary>
    public const int PageRowsMax = 1000;

    /// <summary>
    /// Longest document of one row (a spec, a status, facts), in characters: what one message can carry.
    /// </summary>
    public const int DocumentCharsMax = 1 * Limits.MiB;

    /// <summary>
    /// Longest package manifest, in characters; follows <see cref="Limits.PackageManifestBytesMax"/>.
    /// </summary>
    public const int PackageDocumentCharsMax = Limits.PackageManifestBytesMax;

    /// <summary>
    /// Largest signed desired state, in bytes: its lines and the signature fit one packet of the link.
    /// </summary>
    public const int SignedBytesMax = Limits.LinkPacketBytesMax;

    /// <summary>
    /// Longest free text of one column (a reason, a cause, a role list), in characters; longer text is cut.
    /// </summary>
    public const int TextCharsMax = 1024;

    /// <summary>
    /// Most devices that one commit of desired states may change: one transaction stays within a second.
    /// </summary>
    public const int DesiredChangesMax = 1000;

    /// <summary>Most rollouts that one commit may change: they share the transaction of the desired states.</summary>
    public const int RolloutChangesMax = 1000;

    /// <summary>Most reports that are committed together: one flush of the disk for all of them.</summary>
    public const int ReportBatchMax = 256;

    /// <summary>
    /// Longest row of figures, in characters: nine windows whose sketches are as long as they may be fit twice.
    /// </summary>
    public const int FiguresCharsMax = 256 * Limits.KiB;

    /// <summary>Most rows of figures that are kept together: one transaction stays well below a second.</summary>
    public const int FiguresBatchMax = 1000;

    /// <summary>Revisions of a deployment that are kept; older ones cannot be gone back to.</summary>
    public const int DeploymentHistoryMax = 20;

    /// <summary>Moves of one tag that are remembered.</summary>
    public const int TagHistoryMax = 50;

    /// <summary>Events kept for one device: a noisy one cannot push out the others.</summary>
    public const int EventsPerDeviceMax = 256;

    /// <summary>Events kept for one tenant.</summary>
    public const int EventsPerTenantMax = 20_000;

    /// <summary>Most chunks of one package, as its manifest may list.</summary>
    public const int ChunksPerPackageMax = Core.Models.ModelLimits.ChunksMax;

    /// <summary>Most digests in one question about chunks.</summary>
    public const int ChunkQueryMax = 10_000;

    /// <summary>
    /// Highest floor of a generation: half of what a JSON number carries exactly, so that there is room above.
    /// </summary>
    public const long GenerationFloorMax = 1L << 52;
}
