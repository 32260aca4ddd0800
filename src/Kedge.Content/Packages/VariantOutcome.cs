using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Content.Gate;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>What became of a <see cref="VariantRequest"/>.</summary>
[Closed]
public abstract record VariantOutcome
{
    private VariantOutcome()
    {
    }

    /// <summary>It may be packaged. Never compared.</summary>
    public sealed record Ready : VariantOutcome
    {
        /// <summary>What the gate found in the model's file.</summary>
        public required GateOutcome.Accepted Gate { get; init; }

        /// <summary>The variant as its package will list it: names, digests and chunks of all files.</summary>
        public required ModelVariant Variant { get; init; }

        /// <summary>The files, in the order of the variant's.</summary>
        public required ImmutableArray<ModelFile> Files { get; init; }

        /// <summary>
        /// Reads the model's file again, for a runtime: exactly the bytes that passed the gate, or a finding.
        /// </summary>
        public Finding? ReadModel(out byte[] model)
        {
            model = new byte[Files[0].Bytes];
            return Files[0].TryFill(0, model) && Digest.Of(model) == Variant.Files[0].Digest
                ? null
                : VariantInspector.Changed(Files[0]);
        }
    }

    /// <summary>It may not be packaged. Never compared.</summary>
    /// <param name="Findings">Every reason, at least one.</param>
    public sealed record Refused(ImmutableArray<Finding> Findings) : VariantOutcome;
}
