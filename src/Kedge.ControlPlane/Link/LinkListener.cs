using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Transport;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Link;

/// <summary>
/// Accepts devices: TCP, TLS 1.3 with a client certificate, then MQTT. Any certificate passes the handshake, which
/// proves its key; what is wrong with it is told in CONNACK, with its code, so that an agent can say so. Strangers get
/// little memory and little time.
/// </summary>
public sealed partial class LinkListener : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly DeviceLink _link;
    private readonly ServerKeys _keys;
    private readonly int _devicesMax;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _handshakes = new(ServerLimits.HandshakesMax);
    private readonly ConcurrentDictionary<long, Task> _running = new();
    private readonly MqttServerOptions _mqtt = new()
    {
        Session = new MqttBrokerSessionOptions
        {
            PacketBytesMax = Limits.UpMessageBytesMax + (4 * Limits.KiB),
            ReceiveMaximum = Limits.LinkInFlightMax,
            KeepAliveSecondsMax = (ushort)Limits.LinkKeepAliveMax.TotalSeconds,
            WildcardSubscriptions = false,
            ConnectTimeout = ServerLimits.HandshakeTimeout,
        },
    };

    private Task _accepting = Task.CompletedTask;
    private long _last;

    /// <summary>Binds; throws <c>KEDGE-SERVER-004</c> when the address is taken.</summary>
    public LinkListener(IPEndPoint address, DeviceLink link, ServerKeys keys, int devicesMax, LinkShell shell)
    {
        _link = link;
        _keys = keys;
        _devicesMax = devicesMax;
        _time = shell.Time;
        _log = shell.Log;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(address);
            _listener.Listen(1024);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            throw new KedgeException(ServerErrors.AddressTaken, $"the device link on {address}: {e.Message}", e);
        }
    }

    /// <summary>The port that devices connect to.</summary>
    public int Port => ((IPEndPoint?)_listener.LocalEndPoint)?.Port ?? 0;

    /// <summary>Begins to accept.</summary>
    public void Start() => _accepting = AcceptAsync();

    /// <summary>Stops accepting, tells the devices, waits for their ends up to the shutdown deadline.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        try
        {
            await Task.WhenAll(_running.Values)
                .WaitAsync(ServerLimits.ShutdownDeadline, _time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LinkFault("connections were still open at the shutdown deadline", null);
        }

        _stop.Dispose();
        _handshakes.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors, or the peer left in between: the next accept is the retry.
                LinkFault("a connection could not be accepted", e);
                await Task.Delay(TimeSpan.FromMilliseconds(20), _time, CancellationToken.None).ConfigureAwait(false);
                continue;
            }

            if (_running.Count >= _devicesMax)
            {
                socket.Dispose();
                continue;
            }

            long id = ++_last;
            Task serving = Task.Run(() => ServeAsync(socket), CancellationToken.None);
            _running[id] = serving;
            _ = serving.ContinueWith(
                _ => _running.TryRemove(id, out Task? _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        SslStream tls = new(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
        await using (tls.ConfigureAwait(false))
        {
            if (!await HandshakeAsync(tls, socket.RemoteEndPoint).ConfigureAwait(false))
            {
                return;
            }

            using X509Certificate2? certificate = tls.RemoteCertificate is { } remote
                ? X509CertificateLoader.LoadCertificate(remote.GetRawCertData())
                : null;
            MqttDevice device = new(_link, certificate);
            MqttClosed closed = await MqttServerConnection
                .RunAsync(tls, device, _mqtt, _time, _stop.Token).ConfigureAwait(false);
            if (closed.Fault is not null)
            {
                LinkFault("a connection ended by a fault of the server", closed.Fault);
            }
        }
    }

    private async Task<bool> HandshakeAsync(SslStream tls, EndPoint? peer)
    {
        using CancellationTokenSource deadline = new(ServerLimits.HandshakeTimeout, _time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        SslServerAuthenticationOptions options = new()
        {
            ServerCertificateContext = _keys.Tls,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = TlsPolicy.Bare(_keys),
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        };
        bool entered = false;
        try
        {
            await _handshakes.WaitAsync(either.Token).ConfigureAwait(false);
            entered = true;
            await tls.AuthenticateAsServerAsync(options, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            HandshakeFailed(peer?.ToString() ?? "", e.Message);
            return false;
        }
        finally
        {
            if (entered)
            {
                _handshakes.Release();
            }
        }
    }

    [LoggerMessage(EventIds.HandshakeFailed, LogLevel.Debug, "TLS handshake with {Peer} failed: {Reason}")]
    private partial void HandshakeFailed(string peer, string reason);

    [LoggerMessage(EventIds.LinkFault, LogLevel.Error, "Device link: {What}")]
    private partial void LinkFault(string what, Exception? exception);
}

/// <summary>Clock and log of the listener.</summary>
/// <param name="Time">Clock.</param>
/// <param name="Log">Log.</param>
public sealed record LinkShell(TimeProvider Time, ILogger Log);
