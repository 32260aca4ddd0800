using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Kedge.ModelServer.Http;

/// <summary>
/// A listener to which nobody comes. Kestrel speaks one version of HTTP at one end point without TLS; the end point for
/// HTTP/2 has this one, and its connections are handed over by those that were accepted elsewhere.
/// </summary>
/// <param name="endPoint">Its name.</param>
internal sealed class SilentListener(EndPoint endPoint) : IConnectionListener
{
    private readonly TaskCompletionSource<ConnectionContext?> _ended =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EndPoint EndPoint => endPoint;

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        new(_ended.Task.WaitAsync(cancellationToken));

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _ended.TrySetResult(null);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
