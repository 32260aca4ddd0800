using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a claim.</summary>
[Closed]
public abstract record LeaseOutcome
{
    private LeaseOutcome()
    {
    }

    /// <summary>The claimant leads until the time that it named.</summary>
    /// <param name="Term">Growing by one with each change of holder.</param>
    public sealed record Held(long Term) : LeaseOutcome;

    /// <summary>Somebody else leads.</summary>
    /// <param name="Holder">Who.</param>
    /// <param name="ExpiresAtMs">Until when, Unix ms.</param>
    public sealed record HeldByOther(string Holder, long ExpiresAtMs) : LeaseOutcome;
}
