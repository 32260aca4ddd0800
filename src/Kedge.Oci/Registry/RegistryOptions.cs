namespace Kedge.Oci.Registry;

/// <summary>How a registry is called. Never compared.</summary>
public sealed record RegistryOptions
{
    /// <summary>The clock: waits between tries.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>True to call it without TLS. A registry on this machine is called so anyway.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>Who calls; null for nobody in particular.</summary>
    public RegistryCredential? Credential { get; init; }

    /// <summary>Longest wait for an answer to begin, or for its next bytes.</summary>
    public TimeSpan StallMax { get; init; } = OciLimits.StallMax;
}
