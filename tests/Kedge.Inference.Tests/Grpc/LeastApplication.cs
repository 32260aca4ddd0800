using Kedge.ModelServer.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>The least that anything can do on Kestrel: what is allocated for it is Kestrel's own.</summary>
internal abstract class LeastApplication : IHttpApplication<Exchange>
{
    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        var container = (IHostContextContainer<Exchange>)contextFeatures;
        container.HostContext = container.HostContext?.Reuse(contextFeatures) ?? new Exchange(contextFeatures);
        return container.HostContext;
    }

    public void DisposeContext(Exchange context, Exception? exception)
    {
    }

    public abstract Task ProcessRequestAsync(Exchange context);
}
