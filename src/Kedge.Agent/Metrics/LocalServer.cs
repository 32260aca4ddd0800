using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kedge.Agent.Commands;
using Kedge.Agent.Native;
using Kedge.Core.Errors;

namespace Kedge.Agent.Metrics;

/// <summary>One answer of the agent's own sockets. Never compared.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Type of the body.</param>
/// <param name="Body">The body.</param>
internal sealed record LocalAnswer(int Status, string ContentType, byte[] Body);

/// <summary>
/// A small bounded HTTP responder: GET, and POST of the commands, without a body; one request for each connection, at
/// most
/// <see cref="AgentLimits.LocalConnectionsMax"/> at once. It answers on the agent's Unix socket (mode 0600), and on a
/// TCP
/// port of the loopback address where one was asked for.
/// </summary>
internal sealed class LocalServer(
    string socketPath, int port, Func<string, bool, CancellationToken, ValueTask<LocalAnswer>> answer, AgentLog log)
    : IAsyncDisposable
{
    private const int HeadBytesMax = 8 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free = new(AgentLimits.LocalConnectionsMax);
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _loops = [];

    internal void Start()
    {
        Listen(() => OpenUnix(), isPrivate: true, socketPath);
        if (port > 0)
        {
            Listen(() => OpenTcp(port), isPrivate: false, string.Create(CultureInfo.InvariantCulture, $"port {port}"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listeners.ForEach(static listener => listener.Dispose());
        await Task.WhenAll(_loops).ConfigureAwait(false);
        File.Delete(socketPath);
        _stop.Dispose();
        _free.Dispose();
    }

    private void Listen(Func<Socket> open, bool isPrivate, string where)
    {
        try
        {
            Socket listener = open();
            _listeners.Add(listener);
            _loops.Add(AcceptAsync(listener, isPrivate));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new KedgeException(AgentErrors.LocalSocket, $"{where}: {e.Message}", e);
        }
    }

    private Socket OpenUnix()
    {
        File.Delete(socketPath);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(socketPath));
        _ = AgentLibc.ChangeMode(socketPath, 0x180); // rw for the owner alone
        socket.Listen(AgentLimits.LocalConnectionsMax);
        return socket;
    }

    private static Socket OpenTcp(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen(AgentLimits.LocalConnectionsMax);
        return socket;
    }

    private async Task AcceptAsync(Socket listener, bool isPrivate)
    {
        try
        {
            while (true)
            {
                await _free.WaitAsync(_stop.Token).ConfigureAwait(false);
                Socket connection = await listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _ = ServeAsync(connection, isPrivate);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            if (!_stop.IsCancellationRequested)
            {
                log.Fail("local-socket-ended", ("message", e.Message));
            }
        }
    }

    private async Task ServeAsync(Socket connection, bool isPrivate)
    {
        try
        {
            using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(Patience);
            using NetworkStream stream = new(connection, ownsSocket: true);
            string path = await ReadPathAsync(stream, deadline.Token).ConfigureAwait(false);
            LocalAnswer found = path.Length == 0
                ? new LocalAnswer(400, "text/plain", "not a GET request\n"u8.ToArray())
                : await answer(path, isPrivate, deadline.Token).ConfigureAwait(false);
            byte[] head = Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"HTTP/1.1 {found.Status} {(found.Status == 200 ? "OK" : "Error")}\r\n"
                + $"Content-Type: {found.ContentType}\r\nContent-Length: {found.Body.Length}\r\n"
                + $"Connection: close\r\n\r\n"));
            await stream.WriteAsync((byte[])[.. head, .. found.Body], deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Whoever asked is gone or too slow.
        }
        finally
        {
            connection.Dispose();
            if (!_stop.IsCancellationRequested)
            {
                _ = _free.Release();
            }
        }
    }

    private static bool IsCommand(string path) => path == HoldCommand.ReleasePath
        || path.StartsWith(HoldCommand.HoldPath + "?", StringComparison.Ordinal);

    private static async ValueTask<string> ReadPathAsync(NetworkStream stream, CancellationToken cancel)
    {
        byte[] head = new byte[HeadBytesMax];
        int filled = 0;
        while (filled < head.Length && head.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) < 0)
        {
            int read = await stream.ReadAsync(head.AsMemory(filled), cancel).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        string[] words = Encoding.ASCII.GetString(head, 0, filled).Split('\r', 2)[0].Split(' ');
        return words.Length != 3 ? ""
            : words[0] == "GET" ? words[1]
            : words[0] == "POST" && IsCommand(words[1]) ? $"POST {words[1]}"
            : "";
    }
}
