using System.Collections.Immutable;

namespace Kedge.Core.Models;

/// <summary>Which keys may sign which models. Signed by the owner key, which is kept off the server and pinned on each
/// device, so that who steals the server cannot change what devices will run. Never compared as a record: compare the
/// digest of its signed payload.</summary>
public sealed record SigningPolicyDocument
{
    /// <summary>1..2^53-1, growing by at least 1 with each change; a device never goes back.</summary>
    public required long Version { get; init; }

    /// <summary>
    /// From then on nothing new is taken under this policy, Unix milliseconds UTC; 0 for never. What a device holds
    /// already goes on.
    /// </summary>
    public long ExpiresAtMs { get; init; }

    /// <summary>One rule for each key; a key that has none may sign nothing.</summary>
    public required ImmutableArray<PolicyRule> Rules { get; init; }
}
