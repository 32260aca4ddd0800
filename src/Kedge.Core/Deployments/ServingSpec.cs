namespace Kedge.Core.Deployments;

/// <summary>
/// How the model server runs one model. What is left at its default is left out wherever it is written.
/// </summary>
public sealed record ServingSpec
{
    /// <summary>As it is where nobody says anything.</summary>
    public static readonly ServingSpec Default = new();

    /// <summary>Largest weight.</summary>
    public const int WeightMax = 1000;

    /// <summary>Requests that are computed at once, 1..256; 0 for one per processor.</summary>
    public int Instances { get; init; }

    /// <summary>
    /// Share of the processors against other models when all are busy, 1..<see cref="WeightMax"/>: of two models, one
    /// with 2 and one with 1, the first computes twice as long.
    /// </summary>
    public int Weight { get; init; } = 1;

    /// <summary>Bytes of answers that are kept to be given again; 0 keeps none.</summary>
    public long CacheBytes { get; init; }

    /// <summary>True computes once before it is ready.</summary>
    public bool WarmsUp { get; init; } = true;

    /// <summary>What waits, and what is computed together; null for as usual.</summary>
    public BatchingSpec? Batching { get; init; }

    /// <summary>True where nothing was said.</summary>
    public bool IsDefault => Equals(Default);
}
