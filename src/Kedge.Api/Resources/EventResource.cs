namespace Kedge.Api.Resources;

/// <summary>Something worth remembering that happened in the fleet.</summary>
public sealed record EventResource
{
    /// <summary>Its number, growing.</summary>
    public long Number { get; init; }

    /// <summary>When the server recorded it, Unix milliseconds.</summary>
    public long AtMs { get; init; }

    /// <summary>The device; empty when it concerns none.</summary>
    public string Device { get; init; } = "";

    /// <summary>The deployment; empty when it concerns none.</summary>
    public string Deployment { get; init; } = "";

    /// <summary>Camel-case reason, as <c>ReleaseQuarantined</c>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>True when somebody may have to act.</summary>
    public bool Warning { get; init; }

    /// <summary>One sentence.</summary>
    public string Message { get; init; } = "";

    /// <summary>Stable code where there is one.</summary>
    public string Code { get; init; } = "";
}

/// <summary>What this server is: <c>GET /api/v1/server</c>.</summary>
public sealed record ServerResource
{
    /// <summary>Version of the server.</summary>
    public string Version { get; init; } = "";

    /// <summary>Tenant of the caller.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Address of enrolment and content, as devices use it, <c>host:port</c>.</summary>
    public string Address { get; init; } = "";

    /// <summary>Address of the device link, <c>host:port</c>.</summary>
    public string Link { get; init; } = "";

    /// <summary>SHA-256 of the root certificate.</summary>
    public string Root { get; init; } = "";

    /// <summary>SHA-256 of the owner key that counts.</summary>
    public string OwnerKeyId { get; init; } = "";

    /// <summary>Version of the owner key, from 1.</summary>
    public long OwnerVersion { get; init; }

    /// <summary>Version of the signing policy.</summary>
    public long PolicyVersion { get; init; }

    /// <summary>When it expires, Unix milliseconds; 0 for never.</summary>
    public long PolicyExpiresAtMs { get; init; }

    /// <summary>Devices connected to this server.</summary>
    public int ConnectedDevices { get; init; }

    /// <summary>Revision of the store.</summary>
    public long Revision { get; init; }
}
