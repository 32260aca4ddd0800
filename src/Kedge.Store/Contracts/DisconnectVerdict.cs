namespace Kedge.Store.Contracts;

/// <summary>What became of the end of a connection.</summary>
public enum DisconnectVerdict
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>The device counts as disconnected.</summary>
    Closed = 1,

    /// <summary>A newer connection is open, or this one was closed before: nothing changed.</summary>
    Superseded = 2,

    /// <summary>No device of that name.</summary>
    UnknownDevice = 3,
}
