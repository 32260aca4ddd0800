using Kedge.Core;

namespace Kedge.ControlPlane.Content.Deltas;

/// <summary>Which file is wanted, and which one the asker has.</summary>
/// <param name="Target">The file that is wanted.</param>
/// <param name="Base">The file that it is described by; null for none.</param>
internal sealed record DeltaAsk(CataloguedFile Target, CataloguedFile? Base)
{
    /// <summary>The pair, by which the difference is found.</summary>
    public DeltaPair Pair => new(Target.Digest, Base?.Digest ?? default);
}

/// <summary>Two files by their digests.</summary>
/// <param name="Target">The file that is wanted.</param>
/// <param name="Base">The file that the other end has; <c>default</c> for none.</param>
internal readonly record struct DeltaPair(Digest Target, Digest Base)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Target.Short} from {(Base.IsNone ? "nothing" : Base.Short)}";
}

/// <summary>A difference that is ready.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Digest">Digest of the container.</param>
/// <param name="Bytes">Its length, in bytes.</param>
internal sealed record KeptDelta(string Path, Digest Digest, long Bytes);
