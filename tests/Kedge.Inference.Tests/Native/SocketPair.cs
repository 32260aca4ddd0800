using System.Net;
using System.Net.Sockets;

namespace Kedge.Inference.Tests.Native;

/// <summary>Both ends of a TCP connection over loopback.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Far.Connect(listener.LocalEndPoint!);
        Near = listener.Accept();
    }

    /// <summary>The server's.</summary>
    public Socket Near { get; }

    /// <summary>The client's.</summary>
    public Socket Far { get; }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
