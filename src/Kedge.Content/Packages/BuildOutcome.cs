using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>What became of a <see cref="PackageRequest"/>.</summary>
[Closed]
public abstract record BuildOutcome
{
    private BuildOutcome()
    {
    }

    /// <summary>A package, ready to be signed and sent. Never compared.</summary>
    public sealed record Built : BuildOutcome
    {
        /// <summary>What the package says of itself.</summary>
        public required PackageManifest Manifest { get; init; }

        /// <summary>The manifest's exact bytes: what gets signed.</summary>
        public required ImmutableArray<byte> Payload { get; init; }

        /// <summary>Name and digest, which is that of <see cref="Payload"/>.</summary>
        public required PackageIdentity Identity { get; init; }

        /// <summary>Every chunk of the package once, in the order of first use.</summary>
        public required ImmutableArray<ChunkSource> Chunks { get; init; }
    }

    /// <summary>The model or the request is not acceptable. Never compared.</summary>
    /// <param name="Findings">Every reason, at least one.</param>
    public sealed record Refused(ImmutableArray<Finding> Findings) : BuildOutcome;
}
