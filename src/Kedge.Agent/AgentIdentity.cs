using Kedge.Core;

namespace Kedge.Agent;

/// <summary>Who this device is. Written at enrolment; a renewal changes nothing of it.</summary>
public sealed record AgentIdentity
{
    /// <summary>Whose device.</summary>
    public required TenantId Tenant { get; init; }

    /// <summary>Its name.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>SHA-256 of its enrolled public key: desired states name it.</summary>
    public required Digest DeviceKey { get; init; }

    /// <summary>Random text of this installation, 32 hex digits.</summary>
    public required string Incarnation { get; init; }

    /// <summary>The owner key that was pinned: SubjectPublicKeyInfo in base64.</summary>
    public required string OwnerKey { get; init; }

    /// <summary>Version of that key, from 1.</summary>
    public long OwnerVersion { get; init; } = 1;
}
