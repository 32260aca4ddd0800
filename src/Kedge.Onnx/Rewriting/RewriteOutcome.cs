using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Onnx.Rewriting;

/// <summary>What a rewriting made of a file.</summary>
[Closed]
public abstract record RewriteOutcome
{
    private RewriteOutcome()
    {
    }

    /// <summary>Another file. Never compared.</summary>
    /// <param name="File">Its bytes.</param>
    /// <param name="Weights">What became of each 32-bit weight that is large enough to count.</param>
    public sealed record Rewritten(byte[] File, ImmutableArray<WeightReport> Weights) : RewriteOutcome;

    /// <summary>None: the file cannot be rewritten, or there is nothing in it to rewrite.</summary>
    /// <param name="Finding">Why.</param>
    public sealed record Refused(Finding Finding) : RewriteOutcome;
}
