using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What a shown credential is worth.</summary>
[Closed]
public abstract record CredentialOutcome
{
    private CredentialOutcome()
    {
    }

    /// <summary>It is good.</summary>
    /// <param name="Row">Whose it is.</param>
    public sealed record Valid(CredentialRow Row) : CredentialOutcome;

    /// <summary>No credential of this tenant has that hash.</summary>
    public sealed record NotFound : CredentialOutcome;

    /// <summary>It has expired.</summary>
    public sealed record Expired : CredentialOutcome;

    /// <summary>It was revoked.</summary>
    public sealed record Revoked : CredentialOutcome;
}
