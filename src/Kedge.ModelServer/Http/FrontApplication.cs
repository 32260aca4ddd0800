using Kedge.ModelServer.Grpc;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.ModelServer.Http;

/// <summary>
/// The two ways in: gRPC where a stream of HTTP/2 says so, REST everywhere else, HTTP/2 among it.
/// </summary>
internal sealed class FrontApplication(ServeContext context) : IHttpApplication<Exchange>
{
    private const string GrpcType = "application/grpc";

    private readonly RestApplication _rest = new(context);
    private readonly GrpcApplication _grpc = new(context);

    public Exchange CreateContext(IFeatureCollection contextFeatures) => _rest.CreateContext(contextFeatures);

    public void DisposeContext(Exchange context, Exception? exception)
    {
        context.Streams?.End();
        _rest.DisposeContext(context, exception);
    }

    public Task ProcessRequestAsync(Exchange exchange)
    {
        exchange.Streams?.Begin();
        IHttpRequestFeature request = exchange.Request;
        if (request.Protocol != Exchange.Http2)
        {
            return _rest.ProcessRequestAsync(exchange);
        }

        if (context.IsDraining && exchange.Features.Get<OwnSocketFeature>() is null)
        {
            // The connection may have come after all others had been told.
            exchange.Features.Get<SocketConnection>()?.LeaveSoon();
        }

        string? type = request.Headers.ContentType;
        return type is not null && type.StartsWith(GrpcType, StringComparison.Ordinal)
            && (type.Length == GrpcType.Length || type[GrpcType.Length] is '+' or ';')
            ? _grpc.AnswerAsync(exchange)
            : _rest.ProcessRequestAsync(exchange);
    }
}
