using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>A new desired state of one device. Never compared as a record.</summary>
public sealed record DesiredChange
{
    /// <summary>Whose.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Generation that the plan was made from.</summary>
    public required Generation Parent { get; init; }

    /// <summary>Its own, above the parent and the floor.</summary>
    public required Generation Generation { get; init; }

    /// <summary>Digest of the content.</summary>
    public required Digest Content { get; init; }

    /// <summary>Key thumbprint that it is signed for: must be the device's.</summary>
    public required Digest DeviceKey { get; init; }

    /// <summary>The signed message, exactly as it is sent.</summary>
    public required ImmutableArray<byte> Signed { get; init; }
}
