using System.Net;
using System.Net.Sockets;

namespace Kedge.Bench.Serve;

/// <summary>
/// The limit of a transport: as many bytes there and back over a socket of the same kind, read and written by two
/// threads that wait for nothing else and do nothing with them. No server on that socket can be faster.
/// </summary>
internal static class BareSocket
{
    /// <summary>Measures one connection.</summary>
    /// <param name="plan">For how long.</param>
    /// <param name="folder">For the socket; null for TCP over loopback.</param>
    /// <param name="there">Bytes of a request.</param>
    /// <param name="back">Bytes of an answer.</param>
    public static Measured Measure(BenchPlan plan, string? folder, int there, int back)
    {
        EndPoint endPoint = folder is null
            ? new IPEndPoint(IPAddress.Loopback, 0)
            : new UnixDomainSocketEndPoint(Path.Combine(folder, "floor.sock"));
        using Socket listener = New(endPoint);
        listener.Bind(endPoint);
        listener.Listen();
        using Socket client = New(endPoint);
        Thread answers = new(() => Answer(listener, there, back));
        answers.Start();
        client.Connect(folder is null ? listener.LocalEndPoint ?? endPoint : endPoint);
        byte[] sent = new byte[there];
        byte[] got = new byte[back];
        Measured found = Measured.Run(1, plan.WarmUp, plan.Duration, () => new CallAsker(() =>
        {
            client.Send(sent);
            Kedge.Core.Check.That(Receive(client, got));
        }));
        client.Shutdown(SocketShutdown.Both);
        answers.Join();
        if (folder is not null)
        {
            File.Delete(Path.Combine(folder, "floor.sock"));
        }

        return found;
    }

    private static void Answer(Socket listener, int there, int back)
    {
        using Socket connection = listener.Accept();
        if (connection.AddressFamily != AddressFamily.Unix)
        {
            connection.NoDelay = true;
        }

        byte[] got = new byte[there];
        byte[] sent = new byte[back];
        while (Receive(connection, got))
        {
            connection.Send(sent);
        }
    }

    private static bool Receive(Socket socket, byte[] buffer)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            int read = socket.Receive(buffer.AsSpan(filled));
            if (read == 0)
            {
                return false;
            }

            filled += read;
        }

        return true;
    }

    private static Socket New(EndPoint endPoint) => endPoint is IPEndPoint
        ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
        : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
