using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>The newest desired state of one device, without its bytes.</summary>
public sealed record DesiredHead
{
    /// <summary>Nothing asked for yet.</summary>
    public static readonly DesiredHead None = new();

    /// <summary>Its generation; 0 for none yet. The parent of the next commit.</summary>
    public Generation Generation { get; init; }

    /// <summary>
    /// The next generation lies above this too. It is above <see cref="Generation"/> when the device reported a newer
    /// one than the store knows (after a restore): then a new one must be committed for the device to take it.
    /// </summary>
    public Generation Floor { get; init; }

    /// <summary>Digest of the content; none for none yet.</summary>
    public Digest Content { get; init; }

    /// <summary>Key thumbprint that it was signed for; another than the device's after a replacement.</summary>
    public Digest DeviceKey { get; init; }

    /// <summary>Store revision that its plan was made from.</summary>
    public long PlanRevision { get; init; }

    /// <summary>When it was committed, Unix ms; 0 for none yet.</summary>
    public long CommittedAtMs { get; init; }

    /// <summary>The lowest generation that the next commit may have.</summary>
    public Generation NextGeneration => new(Math.Max(Generation.Value, Floor.Value) + 1);
}
