using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.ModelServer.Models;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Answers the Open Inference Protocol straight on Kestrel: no routing, no middleware, no context objects. A request
/// whose body came in one piece is read, computed and answered without waiting and without managed allocation.
/// </summary>
internal sealed class RestApplication : IHttpApplication<Exchange>
{
    private const string Json = "application/json";
    private const string Octets = "application/octet-stream";
    internal const string HeaderLength = "Inference-Header-Content-Length";

    private static readonly byte[] LiveBody = MetadataWriter.Live();
    private static readonly byte[] ReadyBody = MetadataWriter.Ready(true);
    private readonly ServeContext _context;
    private readonly byte[] _serverBody;

    internal RestApplication(ServeContext context)
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
            ServedModel? model = _context.Table.Find(route.Model, route.Version);
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
            context.Response.Headers.Allow = route.Kind == RouteKind.Infer ? "POST" : "GET, HEAD";
            return SendAsync(context, 405, Json, MetadataWriter.Error(finding));
        }

        ServedModel? model = route.Model.IsEmpty ? null : _context.Table.Find(route.Model, route.Version);
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

    private Task InferAsync(Exchange context, ServedModel model)
    {
        ValueTask<WholeBody> reading = WholeBody.ReadAsync(
            context.RequestBody.Reader, context.Request.Headers.ContentLength, _context.RequestBytesMax);

        // No async method on the short way: where nothing waits, nothing is allocated for waiting.
        return reading.IsCompletedSuccessfully
            ? AnswerInfer(context, model, reading.Result)
            : InferLaterAsync(context, model, reading);
    }

    private async Task InferLaterAsync(Exchange context, ServedModel model, ValueTask<WholeBody> reading)
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
        catch (Exception gone) when (gone is ConnectionResetException or OperationCanceledException)
        {
            // Whoever asked has gone in the middle: there is nobody to answer and nothing to tell.
            return;
        }

        await AnswerInfer(context, model, body).ConfigureAwait(false);
    }

    private Task AnswerInfer(Exchange context, ServedModel model, in WholeBody body)
    {
        RequestTerms terms = new() { Started = _context.Time.GetTimestamp(), IsCounted = !IsProbe(context) };
        InferenceRun run = model.Rent();
        Finding? fault = Read(context.Request.Headers, body, run, out int jsonBytes);
        if (fault is not null)
        {
            return Finish(context, model, run, body, terms, fault, jsonBytes);
        }

        ValueTask<Finding?> running = model.RunAsync(run, terms);
        return running.IsCompletedSuccessfully
            ? Finish(context, model, run, body, terms, running.Result, jsonBytes)
            : FinishLaterAsync(context, model, run, body, terms, running, jsonBytes);
    }

    private async Task FinishLaterAsync(
        Exchange context,
        ServedModel model,
        InferenceRun run,
        WholeBody body,
        RequestTerms terms,
        ValueTask<Finding?> running,
        int jsonBytes)
    {
        Finding? fault = await running.ConfigureAwait(false);
        await Finish(context, model, run, body, terms, fault, jsonBytes).ConfigureAwait(false);
    }

    private Task Finish(
        Exchange context,
        ServedModel model,
        InferenceRun run,
        in WholeBody body,
        in RequestTerms terms,
        Finding? fault,
        int jsonBytes)
    {
        fault ??= run.Response.Write(model.Name, model.Version, run.Call);
        model.Count(run, terms, fault);
        if (_context.Shadow is { } shadow && fault is null && !IsOwn(context))
        {
            shadow.Offer(model.Name, body.Bytes, jsonBytes, run.Response.Written.Span, run.Response.JsonBytes);
        }

        body.Release();
        if (fault is not null)
        {
            model.Return(run);
            return FailAsync(context, fault);
        }

        ReadOnlyMemory<byte> answer = run.Response.Written;
        bool hasBinary = run.Response.JsonBytes != answer.Length;
        if (hasBinary)
        {
            context.Response.Headers[HeaderLength] = run.Response.JsonBytes.ToString(CultureInfo.InvariantCulture);
        }

        Task sent = SendAsync(context, 200, hasBinary ? Octets : Json, answer);
        if (!sent.IsCompletedSuccessfully)
        {
            return ReturnLaterAsync(sent, model, run);
        }

        model.Return(run);
        return Task.CompletedTask;
    }

    private static async Task ReturnLaterAsync(Task sent, ServedModel model, InferenceRun run)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        finally
        {
            model.Return(run);
        }
    }

    private Finding? Read(IHeaderDictionary headers, in WholeBody body, InferenceRun run, out int jsonBytes)
    {
        jsonBytes = body.Bytes.Length;
        if (body.IsTooLarge)
        {
            return InferErrors.TooLarge.At(string.Create(
                CultureInfo.InvariantCulture, $"A request may have {_context.RequestBytesMax} bytes."));
        }

        return headers.TryGetValue(HeaderLength, out Microsoft.Extensions.Primitives.StringValues text)
            && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out jsonBytes)
            ? InferErrors.RequestInvalid.At($"{HeaderLength} must be a whole number.")
            : InferenceRequestReader.Read(body.Bytes, jsonBytes, run.Call);
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
        _ when code == ServeErrors.ModelUnloaded.Code => 404,
        _ when code == ServeErrors.LoadTooSlow.Code || code == ServeErrors.LoadQueueFull.Code => 503,
        _ when code == ServeErrors.ModelLoadFailed.Code || code == ServeErrors.ModelTooLarge.Code => 503,
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
