using Kedge.Native;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Kestrel over two listeners: the own Unix socket, and the public one whose socket the agent brings. Both speak
/// HTTP/1.1 and HTTP/2, as the first bytes of a connection say.
/// </summary>
internal sealed class HttpServing : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;
    private readonly SharedListener _own;
    private readonly Lock _gate = new();
    private readonly HashSet<SocketConnection> _http2 = [];
    private ConnectionDelegate? _serveHttp2;

    internal HttpServing(int connectionsMax, long requestBytesMax, RotatingLog log)
    {
        ILogger transport = log.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport");
        _own = new SharedListener(new SharedEndPoint("own"), ServeLimits.OwnConnectionsMax, transport);
        Public = new SharedListener(new SharedEndPoint("public"), connectionsMax, transport);
        KestrelServerOptions options = new() { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = requestBytesMax;
        options.Limits.MaxRequestLineSize = ServeLimits.RequestLineBytesMax;
        options.Limits.MaxRequestHeadersTotalSize = ServeLimits.HeaderBytesMax;
        options.Limits.MaxRequestHeaderCount = ServeLimits.HeadersMax;
        options.Limits.RequestHeadersTimeout = ServeLimits.HeaderTime;
        options.Limits.KeepAliveTimeout = ServeLimits.KeepAliveTime;
        options.Limits.Http2.MaxRequestHeaderFieldSize = ServeLimits.HeaderBytesMax;
        options.Limits.Http2.MaxFrameSize = ServeLimits.FrameBytesMax;
        options.Limits.Http2.MaxStreamsPerConnection = ServeLimits.StreamsMax;
        SilentListener http2 = new(new SharedEndPoint("http2"));
        options.Listen(http2.EndPoint, ConfigureHttp2);
        options.Listen(_own.EndPoint, listen => Configure(listen, _own, isOwn: true));
        options.Listen(Public.EndPoint, listen => Configure(listen, Public, isOwn: false));
        _kestrel = new KestrelServer(Options.Create(options), new SharedListeners(http2, _own, Public), log);
    }

    /// <summary>The listener that the agent attaches, pauses and takes back.</summary>
    internal SharedListener Public { get; }

    /// <summary>Serves from now on; takes the own socket.</summary>
    internal async Task StartAsync(FileDescriptor ownSocket, IHttpApplication<Exchange> application)
    {
        await _kestrel.StartAsync(application, CancellationToken.None).ConfigureAwait(false);
        Kedge.Core.Check.That(_own.TryAttach(ownSocket));
    }

    /// <summary>Ends every connection; requests that are being answered have a little time left.</summary>
    internal async Task StopAsync()
    {
        using CancellationTokenSource limit = new(ServeLimits.LastAnswersTime);
        await _kestrel.StopAsync(limit.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Tells everybody who speaks HTTP/2 on the public socket to take new requests elsewhere (GOAWAY). What is under
    /// way is answered; then their connections end. HTTP/1.1 is told with its next answer.
    /// </summary>
    internal void TellEnd()
    {
        SocketConnection[] open;
        lock (_gate)
        {
            open = [.. _http2];
        }

        Array.ForEach(open, static connection => connection.LeaveSoon());
    }

    public async ValueTask DisposeAsync()
    {
        _kestrel.Dispose();
        await _own.DisposeAsync().ConfigureAwait(false);
        await Public.DisposeAsync().ConfigureAwait(false);
    }

    private void ConfigureHttp2(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.Use(next =>
        {
            _serveHttp2 = next;
            return next;
        });
    }

    private void Configure(ListenOptions listen, SharedListener listener, bool isOwn)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => async connection =>
        {
            if (isOwn)
            {
                connection.Features.Set(OwnSocketFeature.Instance);
            }
            else if (connection is SocketConnection socket)
            {
                connection.Features.Set(socket);
                connection.Features.Set(socket.Streams);
            }

            try
            {
                bool isHttp2 = await Preface.IsHttp2Async(connection).ConfigureAwait(false);
                await (isHttp2 ? ServeHttp2Async(connection, isOwn) : next(connection)).ConfigureAwait(false);
            }
            finally
            {
                listener.CountEnded(connection);
            }
        });
    }

    private async Task ServeHttp2Async(ConnectionContext connection, bool isOwn)
    {
        Kedge.Core.Check.That(_serveHttp2 is not null);
        connection.Features.Set<IMemoryPoolFeature>(StreamMemory.OfProcess);
        if (isOwn)
        {
            await _serveHttp2(connection).ConfigureAwait(false);
            return;
        }

        SocketConnection socket = (SocketConnection)connection; // The listeners make no others.
        socket.BeginHttp2();
        lock (_gate)
        {
            _ = _http2.Add(socket);
        }

        try
        {
            await _serveHttp2(connection).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _ = _http2.Remove(socket);
            }
        }
    }
}
