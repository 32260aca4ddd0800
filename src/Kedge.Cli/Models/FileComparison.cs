using System.Collections.Immutable;

namespace Kedge.Cli.Models;

/// <summary>What became of one file of a variant, tensor by tensor. Never compared.</summary>
/// <param name="Change">The file.</param>
/// <param name="DeltaBytes">What a device that has the first fetches for the second, before it is wrapped for the
/// network.</param>
/// <param name="Tensors">Tensors that differ; empty for a file in which none are known.</param>
internal sealed record FileComparison(FileChange Change, long DeltaBytes, ImmutableArray<TensorChange> Tensors);
