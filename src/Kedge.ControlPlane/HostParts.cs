using Kedge.Store.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kedge.ControlPlane;

/// <summary>What the caller of a control plane may bring along.</summary>
public sealed record HostParts
{
    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where log lines go; nowhere by default.</summary>
    public ILoggerFactory Log { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// A store that is open already; it belongs to the control plane from here on. Null to open one by the options.
    /// </summary>
    public IKedgeStore? Store { get; init; }
}
