using System.Collections.Immutable;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Measure;

namespace Kedge.ControlPlane.Link;

/// <summary>
/// One open connection of a device as this server sees it. Its fields are guarded by the table that holds it.
/// </summary>
/// <param name="identity">Whose.</param>
/// <param name="key">The key that it proved.</param>
/// <param name="connection">The way to it.</param>
/// <param name="epoch">Number that the store gave it: a half-open older connection cannot mark the device dead.</param>
public sealed class DeviceSession(DeviceIdentity identity, Digest key, IDeviceConnection connection, long epoch)
{
    /// <summary>Whose.</summary>
    public DeviceIdentity Identity => identity;

    /// <summary>The key that it proved.</summary>
    public Digest Key => key;

    /// <summary>The way to it.</summary>
    public IDeviceConnection Connection => connection;

    /// <summary>Number of the connection.</summary>
    public long Epoch => epoch;

    /// <summary>True once the device subscribed to its desired state. Written by the table.</summary>
    public bool Subscribed { get; internal set; }

    /// <summary>Generation that was sent last, answered or not; none to send again. Written by the table.</summary>
    public Generation Sent { get; internal set; }

    /// <summary>
    /// Figures that it told, by deployment, as they are kept. Written by <see cref="FiguresIntake"/>, one message
    /// of the connection after the other.
    /// </summary>
    internal Dictionary<DeploymentId, ImmutableArray<FigureWindow>> Figures { get; } = [];
}
