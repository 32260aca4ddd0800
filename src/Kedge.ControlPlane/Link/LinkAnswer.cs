using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Link;

/// <summary>The answer to a new connection.</summary>
[Closed]
public abstract record LinkAdmission
{
    private LinkAdmission()
    {
    }

    /// <summary>It is open.</summary>
    /// <param name="Session">Its session, for every later call.</param>
    public sealed record Admitted(DeviceSession Session) : LinkAdmission;

    /// <summary>It is refused.</summary>
    /// <param name="Why">What is wrong.</param>
    public sealed record Refused(Finding Why) : LinkAdmission;
}

/// <summary>The answer to a message from a device.</summary>
public enum LinkAnswer
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>It is durable: acknowledge it.</summary>
    Committed = 1,

    /// <summary>It cannot be read, now or ever: refuse it, the device drops it.</summary>
    Malformed = 2,

    /// <summary>The topic is not one that a device may publish on.</summary>
    NotAllowed = 3,

    /// <summary>The device is not what it was: the connection is being closed.</summary>
    Closing = 4,
}
