using System.Net.Sockets;

namespace Kedge.Bench.Serve;

/// <summary>Asks over a connection, so that one thread may have requests under way on many of them.</summary>
internal interface IConnectionAsker : IAsker
{
    /// <summary>Where answers come.</summary>
    Socket Socket { get; }

    /// <summary>Sends a whole request.</summary>
    void Send();

    /// <summary>Waits for the whole answer.</summary>
    void Receive();

    void IAsker.Ask()
    {
        Send();
        Receive();
    }
}
