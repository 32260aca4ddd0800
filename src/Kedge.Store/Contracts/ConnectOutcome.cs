using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a new connection.</summary>
[Closed]
public abstract record ConnectOutcome
{
    private ConnectOutcome()
    {
    }

    /// <summary>The device counts as connected.</summary>
    /// <param name="Epoch">Number of this connection: closing it takes this number.</param>
    public sealed record Opened(long Epoch) : ConnectOutcome;

    /// <summary>No device of that name.</summary>
    public sealed record UnknownDevice : ConnectOutcome;

    /// <summary>Other hardware holds the name: the key is not the enrolled one.</summary>
    public sealed record OtherKey : ConnectOutcome;

    /// <summary>The device was revoked.</summary>
    public sealed record Revoked : ConnectOutcome;
}
