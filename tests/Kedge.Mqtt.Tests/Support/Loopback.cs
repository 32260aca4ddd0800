using System.Net;
using System.Net.Sockets;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>Two ends of one TCP connection on loopback.</summary>
public static class Loopback
{
    public static async Task<(NetworkStream Client, NetworkStream Server)> PairAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task<Socket> accepted = listener.AcceptSocketAsync();
        await client.ConnectAsync(listener.LocalEndpoint);
        Socket server = await accepted;
        server.NoDelay = true;
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(server, ownsSocket: true));
    }
}
