using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Trust;

/// <summary>What to do with a signing policy that was offered.</summary>
[Closed]
public abstract record PolicyOutcome
{
    private PolicyOutcome()
    {
    }

    /// <summary>
    /// The owner signed it and its version is above the one held: keep it from now on. Never compared.
    /// </summary>
    /// <param name="Policy">The policy.</param>
    /// <param name="Held">What to remember of it.</param>
    public sealed record Newer(SigningPolicyDocument Policy, PolicyHeld Held) : PolicyOutcome;

    /// <summary>It is the one already held. Never compared.</summary>
    /// <param name="Policy">The policy.</param>
    public sealed record Same(SigningPolicyDocument Policy) : PolicyOutcome;

    /// <summary>It is older than the one held: keep what is held.</summary>
    /// <param name="Finding">Both versions, in words.</param>
    public sealed record Stale(Finding Finding) : PolicyOutcome;

    /// <summary>The owner signed two policies under one version: keep what is held and raise an alarm.</summary>
    /// <param name="Finding">The version, in words.</param>
    public sealed record Conflict(Finding Finding) : PolicyOutcome;

    /// <summary>It is not signed by the owner, or breaks a rule: keep what is held. Never compared.</summary>
    /// <param name="Findings">Every reason, at least one.</param>
    public sealed record Refused(ImmutableArray<Finding> Findings) : PolicyOutcome;
}

/// <summary>What a device remembers of the policy that it holds.</summary>
/// <param name="Version">Its version.</param>
/// <param name="PayloadDigest">Digest of its exact bytes.</param>
public sealed record PolicyHeld(long Version, Digest PayloadDigest);
