using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Link;

/// <summary>
/// The border to the device link: one open, authenticated connection of one device. Drivers: MQTT over TLS, and the
/// simulator's network. Calls never block and never throw; both may be called from any thread.
/// </summary>
public interface IDeviceConnection
{
    /// <summary>Sends a message down at QoS 1.</summary>
    /// <param name="leaf">Last part of the topic, as <c>desired</c>.</param>
    /// <param name="payload">The bytes; they must not change afterwards.</param>
    /// <param name="answered">Called once: true when the device took it, false when it refused or the connection
    /// ended.</param>
    /// <returns>False when it cannot be sent now; then <paramref name="answered"/> is not called.</returns>
    bool TrySend(string leaf, ReadOnlyMemory<byte> payload, Action<bool> answered);

    /// <summary>Closes the connection and tells the device why where the protocol can.</summary>
    void Close(Finding why);
}
