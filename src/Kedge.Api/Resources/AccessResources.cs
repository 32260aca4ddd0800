namespace Kedge.Api.Resources;

/// <summary>An enrolment token, without its secret.</summary>
public sealed record EnrollmentTokenResource
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>When it ends, Unix milliseconds.</summary>
    public long ExpiresAtMs { get; init; }

    /// <summary>Most uses.</summary>
    public int UsesMax { get; init; }

    /// <summary>Uses so far.</summary>
    public int Uses { get; init; }

    /// <summary>Name that it fixes; empty when the device chooses.</summary>
    public string Device { get; init; } = "";

    /// <summary>Labels that it gives.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The token's text, shown once, when it is made.</summary>
    public string? Token { get; init; }
}

/// <summary>Makes an enrolment token: <c>POST /api/v1/enrollmenttokens</c>.</summary>
public sealed record EnrollmentTokenRequest
{
    /// <summary>Its name; empty to let the server choose.</summary>
    public string Name { get; init; } = "";

    /// <summary>How long it lives, in seconds, 60 to 31,536,000.</summary>
    public long LifetimeSeconds { get; init; } = 3600;

    /// <summary>Most uses, 1 to 100,000; 1 when it fixes a name.</summary>
    public int UsesMax { get; init; } = 1;

    /// <summary>Name that it fixes; empty to let the device choose.</summary>
    public string Device { get; init; } = "";

    /// <summary>Labels that the device gets; they win over those that it brings.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>The documents that the owner key signed.</summary>
public sealed record SigningPolicyResource
{
    /// <summary>Version of the policy.</summary>
    public long Version { get; init; }

    /// <summary>The policy (DSSE envelope, JSON text).</summary>
    public string Document { get; init; } = "";

    /// <summary>Version of the list of keys that sign desired states.</summary>
    public long DesiredKeysVersion { get; init; }

    /// <summary>That list (DSSE envelope, JSON text).</summary>
    public string DesiredKeys { get; init; } = "";

    /// <summary>SubjectPublicKeyInfo of the owner key that counts, base64.</summary>
    public string OwnerKey { get; init; } = "";

    /// <summary>Version of the owner key, from 1.</summary>
    public long OwnerVersion { get; init; }

    /// <summary>Every change of the owner key, in order (DSSE envelopes, JSON text).</summary>
    public IReadOnlyList<string> OwnerKeys { get; init; } = [];
}

/// <summary>Replaces a signed document: <c>PUT /api/v1/signingpolicies</c>.</summary>
/// <param name="Document">A DSSE envelope, JSON text, signed by the owner key, of a higher version.</param>
public sealed record SignedDocumentRequest(string Document);

/// <summary>Who may call the server.</summary>
public sealed record CredentialResource
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>admin</c>, <c>viewer</c> or <c>metrics</c>.</summary>
    public string Role { get; init; } = "";

    /// <summary>When it was made, Unix milliseconds.</summary>
    public long CreatedAtMs { get; init; }

    /// <summary>The bearer token, shown once, when it is made.</summary>
    public string? Token { get; init; }
}

/// <summary>Makes a credential: <c>POST /api/v1/credentials</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role"><c>admin</c>, <c>viewer</c> or <c>metrics</c>.</param>
public sealed record CredentialRequest(string Name, string Role);
