using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.ModelServer;

/// <summary>
/// Answers the Open Inference Protocol straight on Kestrel: no routing, no middleware, no context objects. A request
/// whose body came in one piece is read, computed and answered without waiting and without managed allocation.
/// </summary>
internal sealed class InferenceApplication : IHttpApplication<Exchange>
{
    private const string Json = "application/json";
    private const string Octets = "application/octet-stream";
    internal const string HeaderLength = "Inference-Header-Content-Length";

    private static readonly byte[] LiveBody = MetadataWriter.Live();
    private static readonly byte[] ReadyBody = MetadataWriter.Ready(true);
    private readonly ServeContext _context;
    private readonly byte[] _serverBody;

    internal InferenceApplication(ServeContext context)
    {
        _context = context;
        _serverBody = MetadataWriter.Server("kedge", context.ProgramVersion);
    }

    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        if (contextFeatures is not IHostContextContainer<Exchange> container)
        {
            return new Exchange(contextFeatures);
        }

        container.HostContext = container.HostContext?.Reuse(contextFeatures) ?? new Exchange(contextFeatures);
        return container.HostContext;
    }

    public void DisposeContext(Exchange context, Exception? exception)
    {
        if (exception is not null)
        {
            ServeLog.RequestBroken(_context.Log, exception);
        }
    }

    public Task ProcessRequestAsync(Exchange context)
    {
        IHttpRequestFeature request = context.Request;
        Route route = Route.Of(request.Path);
        if (_context.IsDraining && !IsOwn(context))
        {
            context.Response.Headers.Connection = "close";
        }

        if (route.Kind == RouteKind.Infer && request.Method == "POST")
        {
            LoadedModel? model = _context.Find(route.Model, route.Version);
            return model is null ? UnknownModelAsync(context, route) : InferAsync(context, model);
        }

        return AnswerOther(context, request.Method, route);
    }

    private Task AnswerOther(Exchange context, string method, Route route)
    {
        if (route.Kind is RouteKind.Unknown || (route.Kind == RouteKind.Metrics && !IsOwn(context)))
        {
            return FailAsync(context, InferErrors.AddressUnknown.At($"There is nothing at {context.Request.Path}."));
        }

        if (route.Kind == RouteKind.Infer || method is not ("GET" or "HEAD"))
        {
            Finding finding = InferErrors.AddressUnknown.At($"{method} is not for {context.Request.Path}.");
            return SendAsync(context, 405, Json, MetadataWriter.Error(finding));
        }

        LoadedModel? model = route.Model.IsEmpty ? null : _context.Find(route.Model, route.Version);
        if (!route.Model.IsEmpty && model is null)
        {
            return UnknownModelAsync(context, route);
        }

        return route.Kind switch
        {
            RouteKind.Server => SendAsync(context, 200, Json, _serverBody),
            RouteKind.Live => SendAsync(context, 200, Json, LiveBody),
            RouteKind.Ready => SendAsync(context, 200, Json, ReadyBody),
            RouteKind.Model => SendAsync(context, 200, Json, model!.Metadata), // Found above.
            RouteKind.ModelReady => SendAsync(context, 200, Json, model!.Ready), // Found above.
            RouteKind.Metrics => SendAsync(context, 200, PrometheusText.ContentType, _context.WriteMetrics()),
            RouteKind.Infer or RouteKind.Unknown => throw Kedge.Core.Check.Unreachable(route.Kind),
        };
    }

    private Task InferAsync(Exchange context, LoadedModel model)
    {
        ValueTask<WholeBody> reading = WholeBody.ReadAsync(
            context.RequestBody.Reader, context.Request.Headers.ContentLength, _context.RequestBytesMax);

        // No async method on the short way: where nothing waits, nothing is allocated for waiting.
        return reading.IsCompletedSuccessfully
            ? AnswerInfer(context, model, reading.Result)
            : InferLaterAsync(context, model, reading);
    }

    private async Task InferLaterAsync(Exchange context, LoadedModel model, ValueTask<WholeBody> reading)
    {
        WholeBody body;
        try
        {
            body = await reading.ConfigureAwait(false);
        }
        catch (BadHttpRequestException failure)
        {
            model.Counters.CountFailure();
            await SendAsync(context, failure.StatusCode, Json, MetadataWriter.Error(
                InferErrors.RequestInvalid.At(failure.Message))).ConfigureAwait(false);
            return;
        }

        await AnswerInfer(context, model, body).ConfigureAwait(false);
    }

    private Task AnswerInfer(Exchange context, LoadedModel model, in WholeBody body)
    {
        PooledCall call = model.Rent();
        call.IsCounted = !IsProbe(context);
        Finding? fault = Compute(body, context.Request.Headers, model, call, _context.Time.GetTimestamp());
        if (_context.Shadow is { } shadow && fault is null && !IsOwn(context))
        {
            shadow.Offer(
                model.Name, body.Bytes, call.RequestJsonBytes, call.Response.Written.Span, call.Response.JsonBytes);
        }

        body.Release();
        if (fault is not null)
        {
            if (call.IsCounted)
            {
                model.Counters.CountFailure();
            }

            model.Return(call);
            return FailAsync(context, fault);
        }

        ReadOnlyMemory<byte> answer = call.Response.Written;
        bool hasBinary = call.Response.JsonBytes != answer.Length;
        if (hasBinary)
        {
            context.Response.Headers[HeaderLength] = call.Response.JsonBytes.ToString(CultureInfo.InvariantCulture);
        }

        Task sent = SendAsync(context, 200, hasBinary ? Octets : Json, answer);
        if (!sent.IsCompletedSuccessfully)
        {
            return ReturnLaterAsync(sent, model, call);
        }

        model.Return(call);
        return Task.CompletedTask;
    }

    private static async Task ReturnLaterAsync(Task sent, LoadedModel model, PooledCall call)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        finally
        {
            model.Return(call);
        }
    }

    private Finding? Compute(
        in WholeBody body, IHeaderDictionary headers, LoadedModel model, PooledCall call, long started)
    {
        if (body.IsTooLarge)
        {
            return InferErrors.TooLarge.At(string.Create(
                CultureInfo.InvariantCulture, $"A request may have {_context.RequestBytesMax} bytes."));
        }

        int jsonBytes = body.Bytes.Length;
        if (headers.TryGetValue(HeaderLength, out Microsoft.Extensions.Primitives.StringValues text)
            && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out jsonBytes))
        {
            return InferErrors.RequestInvalid.At($"{HeaderLength} must be a whole number.");
        }

        call.RequestJsonBytes = jsonBytes;
        Finding? fault = InferenceRequestReader.Read(body.Bytes, jsonBytes, call.Call);
        long read = _context.Time.GetTimestamp();
        fault ??= model.Session.Run(call.Call);
        long computed = _context.Time.GetTimestamp();
        fault ??= call.Response.Write(model.Name, model.Version, call.Call);
        if (fault is null && call.IsCounted)
        {
            model.Counters.CountSuccess(_context.Time, started, read, computed);
            model.Values?.Count(call.Call, computed);
        }

        return fault;
    }

    private static Task UnknownModelAsync(Exchange context, Route route)
    {
        string version = route.Version.IsEmpty ? "" : $" version {route.Version}";
        return FailAsync(context, InferErrors.ModelUnknown.At($"There is no model {route.Model}{version}."));
    }

    private static Task FailAsync(Exchange context, Finding fault) =>
        SendAsync(context, StatusOf(fault.Code), Json, MetadataWriter.Error(fault));

    private static int StatusOf(string code) => code switch
    {
        _ when code == InferErrors.ModelUnknown.Code || code == InferErrors.AddressUnknown.Code => 404,
        _ when code == InferErrors.TooLarge.Code => 413,
        _ when code == InferErrors.RunFailed.Code || code == InferErrors.OutputInexpressible.Code => 500,
        _ => 400,
    };

    private static Task SendAsync(Exchange context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        IHttpResponseFeature response = context.Response;
        response.StatusCode = status;
        response.Headers.ContentType = contentType;
        response.Headers.ContentLength = body.Length;
        if (context.Request.Method == "HEAD")
        {
            return Task.CompletedTask;
        }

        ValueTask<System.IO.Pipelines.FlushResult> written = context.ResponseBody.Writer.WriteAsync(body);
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }

    /// <summary>A question of the agent whether this process still answers: it is no request of anybody.</summary>
    private static bool IsProbe(Exchange context) =>
        IsOwn(context) && context.Request.Headers.Host == OwnHosts.Probe;

    private static bool IsOwn(Exchange context) =>
        context.Features.Get<OwnSocketFeature>() is not null;
}
