using Kedge.Native;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Kestrel over two listeners: the own Unix socket, and the public one whose socket the agent brings.
/// </summary>
internal sealed class HttpServing : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;
    private readonly SharedListener _own;

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
        options.Listen(_own.EndPoint, listen => Configure(listen, _own, isOwn: true));
        options.Listen(Public.EndPoint, listen => Configure(listen, Public, isOwn: false));
        _kestrel = new KestrelServer(Options.Create(options), new SharedListeners(_own, Public), log);
    }

    /// <summary>The listener that the agent attaches, pauses and takes back.</summary>
    internal SharedListener Public { get; }

    /// <summary>Serves from now on; takes the own socket.</summary>
    internal async Task StartAsync(FileDescriptor ownSocket, RestApplication application)
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

    public async ValueTask DisposeAsync()
    {
        _kestrel.Dispose();
        await _own.DisposeAsync().ConfigureAwait(false);
        await Public.DisposeAsync().ConfigureAwait(false);
    }

    private static void Configure(ListenOptions listen, SharedListener listener, bool isOwn)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => async connection =>
        {
            if (isOwn)
            {
                connection.Features.Set(OwnSocketFeature.Instance);
            }

            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                listener.CountEnded(connection);
            }
        });
    }
}
