using System.Net;
using Kedge.Core;
using Microsoft.AspNetCore.Connections;

namespace Kedge.ModelServer.Http;

/// <summary>Gives Kestrel the listeners that were made for it.</summary>
/// <param name="listeners">All of them, each with its end point.</param>
internal sealed class SharedListeners(params IConnectionListener[] listeners)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is SharedEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        IConnectionListener? listener =
            Array.Find(listeners, candidate => ReferenceEquals(candidate.EndPoint, endpoint));
        Check.That(listener is not null);
        return ValueTask.FromResult(listener);
    }
}
