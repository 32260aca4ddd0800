using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Tracing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Answers the Open Inference Protocol straight on Kestrel: no routing, no middleware, no context objects. A request
/// whose body came in one piece is read, computed and answered without waiting and without managed allocation.
/// </summary>
internal sealed class RestApplication : IHttpApplication<Exchange>
{
    private const string Octets = "application/octet-stream";
    internal const string HeaderLength = "Inference-Header-Content-Length";

    private static readonly byte[] LiveBody = MetadataWriter.Live();
    private static readonly byte[] ReadyBody = MetadataWriter.Ready(true);
    private readonly ServeContext _context;
    private readonly ControlAnswers _control;
    private readonly byte[] _serverBody;
    private readonly KeptAwake _awake = new();

    internal RestApplication(ServeContext context)
    {
        _context = context;
        _control = new ControlAnswers(context);
        _serverBody = MetadataWriter.Server("kedge", context.ProgramVersion, context.Extensions);
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

        // Asked now: where it is written later, the log may have other settings by then.
        if (_context.LogFile.TakesAccess() && _context.Log.IsEnabled(LogLevel.Information))
        {
            LogAccess(
                context.Request.Method, context.Request.Path, context.Status, context.AnswerBytes,
                (long)_context.Time.GetElapsedTime(context.BeganAt).TotalMicroseconds);
        }
    }

    /// <summary>The exchange may have the next request meanwhile: what it was is given along.</summary>
    private void LogAccess(string method, string path, int status, int bytes, long micros)
    {
        if (ReadingThread.IsHere)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(
                static state => ServeLog.Access(
                    state.Log, state.method, state.path, state.status, state.bytes, state.micros),
                (_context.Log, method, path, status, bytes, micros), preferLocal: false);
            return;
        }

        ServeLog.Access(_context.Log, method, path, status, bytes, micros);
    }

    /// <summary>
    /// Answers a request. What came on a thread that reads sockets stays there only where it is quick, as everybody
    /// else of that thread waits meanwhile: handing it to another thread would cost more than the answer itself.
    /// </summary>
    public Task ProcessRequestAsync(Exchange context)
    {
        context.Begin(_context.Time.GetTimestamp());
        Route route = Route.Of(context.Request.Path);
        if (!ReadingThread.IsHere)
        {
            return Process(context, route);
        }

        if (!IsQuick(context, route))
        {
            return ProcessElsewhereAsync(context);
        }

        Task answered = Process(context, route);
        _awake.Answered(context, Environment.TickCount64);
        return answered;
    }

    private async Task ProcessElsewhereAsync(Exchange context)
    {
        await ReadingThread.LeaveAsync();
        await Process(context, Route.Of(context.Request.Path)).ConfigureAwait(false);
    }

    /// <summary>True where reading, computing and answering take no longer than a few changes of threads.</summary>
    private bool IsQuick(Exchange context, Route route)
    {
        if (route.Kind is RouteKind.Live or RouteKind.Ready)
        {
            return true;
        }

        IHeaderDictionary headers = context.Request.Headers;
        return route.Kind == RouteKind.Infer
            && headers.ContentLength <= ServeLimits.QuickBodyBytesMax
            && headers.ContentEncoding.Count == 0
            && _context.Table.Find(route.Model, route.Version) is { IsQuick: true };
    }

    private Task Process(Exchange context, Route route)
    {
        IHttpRequestFeature request = context.Request;
        if (_context.IsDraining && !context.IsOwn && request.Protocol != Exchange.Http2)
        {
            // HTTP/2 has a frame for that; see FrontApplication.
            context.Response.Headers.Connection = "close";
        }

        if (route.Kind == RouteKind.Infer && request.Method == "POST")
        {
            ServedModel? model = _context.Table.Find(route.Model, route.Version);
            return model is null ? UnknownModelAsync(context, route) : InferAsync(context, model);
        }

        return ControlAnswers.Has(route.Kind)
            ? _control.AnswerAsync(context, route.Kind, route.Model.ToString())
            : AnswerOther(context, request.Method, route);
    }

    private Task AnswerOther(Exchange context, string method, Route route)
    {
        if (route.Kind is RouteKind.Unknown || (route.Kind == RouteKind.Metrics && !context.IsOwn))
        {
            return HttpAnswers.FailAsync(
                context, InferErrors.AddressUnknown.At($"There is nothing at {context.Request.Path}."));
        }

        if (route.Kind == RouteKind.Infer || method is not ("GET" or "HEAD"))
        {
            context.Response.Headers.Allow = route.Kind == RouteKind.Infer ? "POST" : "GET, HEAD";
            return HttpAnswers.FailAsync(
                context, 405, InferErrors.AddressUnknown.At($"{method} is not for {context.Request.Path}."));
        }

        ServedModel? model = route.Model.IsEmpty ? null : _context.Table.Find(route.Model, route.Version);
        if (!route.Model.IsEmpty && model is null)
        {
            return UnknownModelAsync(context, route);
        }

        return HttpAnswers.SendAsync(
            context, 200, route.Kind == RouteKind.Metrics ? PrometheusText.ContentType : HttpAnswers.Json,
            BodyOf(route, model));
    }

    private ReadOnlyMemory<byte> BodyOf(Route route, ServedModel? model) => route.Kind switch
    {
        RouteKind.Server => _serverBody,
        RouteKind.Live => LiveBody,
        RouteKind.Ready => ReadyBody,
        RouteKind.Models => MetadataWriter.Models(_context.Models.Select(static m => m.Name).Distinct()),
        RouteKind.Model => _context.Table.WriteMetadata(model!), // The caller found it, as below.
        RouteKind.ModelReady => model!.Ready,
        RouteKind.Config => model!.Config,
        RouteKind.Statistics => StatisticsWriter.Write(
            _context.Table.Of(model, route.Version.IsEmpty).Select(static m => m.ReadStatistics())),
        RouteKind.Metrics => _context.WriteMetrics(),
        RouteKind.Infer or RouteKind.RepositoryIndex or RouteKind.RepositoryLoad or RouteKind.RepositoryUnload
            or RouteKind.TraceSetting or RouteKind.Logging or RouteKind.MemoryStatus or RouteKind.MemoryRegister
            or RouteKind.MemoryUnregister or RouteKind.Unknown => throw Kedge.Core.Check.Unreachable(route.Kind),
    };

    private Task InferAsync(Exchange context, ServedModel model)
    {
        // A copy for another model server needs the text.
        IHeaderDictionary headers = context.Request.Headers;
        bool readsEarly = headers.ContentLength > ServeLimits.BodyBlockBytes && headers.ContentEncoding.Count == 0
            && !headers.ContainsKey(HeaderLength) && _context.Shadow is null;
        ValueTask<WholeBody> reading = WholeBody.ReadAsync(
            context.RequestBody.Reader, headers.ContentLength, _context.RequestBytesMax, readsEarly);

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
            await HttpAnswers.FailAsync(
                context, failure.StatusCode, InferErrors.RequestInvalid.At(failure.Message)).ConfigureAwait(false);
            return;
        }
        catch (Exception gone) when (gone is ConnectionResetException or OperationCanceledException)
        {
            // Whoever asked has gone in the middle: there is nobody to answer and nothing to tell.
            return;
        }

        if (body.TakenBytes > ServeLimits.QuickBodyBytesMax || !model.IsQuick)
        {
            await ReadingThread.LeaveAsync();
        }

        await AnswerInfer(context, model, body).ConfigureAwait(false);
    }

    private Task AnswerInfer(Exchange context, ServedModel model, WholeBody body)
    {
        long started = _context.Time.GetTimestamp();
        InferenceRun run = model.Rent();
        run.Lent = body.TakeValues();
        Finding? fault;
        int jsonBytes;
        try
        {
            fault = Read(context.Request.Headers, ref body, run, out jsonBytes);
        }
        catch
        {
            // Whatever it is, it must not keep the model in memory.
            body.Release();
            model.Return(run);
            throw;
        }

        RequestTerms terms = new()
        {
            Started = started,
            IsCounted = !IsProbe(context),
            Priority = run.Call.Extensions.Priority,
            Timeout = TimeSpan.FromMicroseconds(run.Call.Extensions.TimeoutUs),
            Client = context.ClientOf(_context.Clients),
            Gone = context.AskerGone,
        };
        if (_context.Tracer.Board.IsOn && terms.IsCounted)
        {
            context.Trace = _context.Tracer.Begin(model.Name, context.Request.Headers.TraceParent);
            run.ReadAt = run.ComputedAt = _context.Time.GetTimestamp();
        }

        if (fault is not null)
        {
            return Finish(context, model, run, body, terms, fault, jsonBytes);
        }

        if (_context.Shadow is null && jsonBytes == body.Bytes.Length)
        {
            // All of it was text and lies in the tensors now: who waits for his turn need not hold it too.
            body.Release();
            body = default;
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
        if (_context.Shadow is { } shadow && fault is null && !context.IsOwn
            && body.Early.Count == 0 && !body.Bytes.IsEmpty && !run.Call.Extensions.HoldsMemory
            && ReferenceEquals(_context.Table.Find(model.Name, default), model))
        {
            shadow.Offer(model.Name, body.Bytes, jsonBytes, run.Response.Written.Span, run.Response.JsonBytes);
        }

        body.Release();
        if (fault is not null && run.RetryAfter > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter =
                ((int)run.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        Task sent = fault is null ? SendResultAsync(context, run) : HttpAnswers.FailAsync(context, fault);
        if (context.Trace is { } trace)
        {
            _context.Tracer.End(trace, model, TraceSteps.Of("http", context.BeganAt, terms.Started, run), fault);
        }

        if (!sent.IsCompletedSuccessfully)
        {
            return ReturnLaterAsync(sent, model, run);
        }

        model.Return(run);
        return Task.CompletedTask;
    }

    private static Task SendResultAsync(Exchange context, InferenceRun run)
    {
        ReadOnlyMemory<byte> answer = run.Response.Written;
        bool hasBinary = run.Response.JsonBytes != answer.Length;
        if (hasBinary)
        {
            context.Response.Headers[HeaderLength] = run.Response.JsonBytes.ToString(CultureInfo.InvariantCulture);
        }

        StringValues accepted = context.Request.Headers.AcceptEncoding;
        string type = hasBinary ? Octets : HttpAnswers.Json;
        return accepted.Count > 0 && answer.Length >= BodyEncoding.AnswerBytesMin
            && BodyEncoding.Choose(accepted.ToString()) is { } encoding
            ? SendPackedAsync(context, type, answer, encoding)
            : HttpAnswers.SendAsync(context, 200, type, answer);
    }

    private static async Task SendPackedAsync(
        Exchange context, string type, ReadOnlyMemory<byte> answer, string encoding)
    {
        // Nearly every client takes packed answers; to pack one takes longer than to compute many.
        await ReadingThread.LeaveAsync();
        context.Response.Headers.ContentEncoding = encoding;
        await HttpAnswers.SendAsync(context, 200, type, BodyEncoding.Pack(answer, encoding)).ConfigureAwait(false);
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

    private Finding? Read(IHeaderDictionary headers, ref WholeBody body, InferenceRun run, out int jsonBytes)
    {
        // Nothing of the request that was here before may count for one that cannot be read.
        run.Call.Clear();
        jsonBytes = body.Bytes.Length;
        if (body.IsTooLarge)
        {
            return InferErrors.TooLarge.At(string.Create(
                CultureInfo.InvariantCulture, $"A request may have {_context.RequestBytesMax} bytes."));
        }

        StringValues encoding = headers.ContentEncoding;
        if (encoding.Count > 0
            && BodyEncoding.Unpack(ref body, encoding.ToString(), _context.RequestBytesMax) is { } fault)
        {
            return fault;
        }

        jsonBytes = body.Bytes.Length;
        if (!headers.TryGetValue(HeaderLength, out StringValues text))
        {
            return InferenceRequestReader.Read(
                body.Bytes, jsonBytes, run.Call, _context.Regions, body.Lent, body.Early);
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out jsonBytes))
        {
            return InferErrors.RequestInvalid.At($"{HeaderLength} must be a whole number.");
        }

        return jsonBytes == 0
            ? RawRequestReader.Read(body.Bytes, run.Call, body.Lent)
            : InferenceRequestReader.Read(body.Bytes, jsonBytes, run.Call, _context.Regions, body.Lent);
    }

    /// <summary>One that was unloaded by request says so: to whoever asks whether it is ready as Triton does.</summary>
    private Task UnknownModelAsync(Exchange context, Route route)
    {
        if (_context.Repository?.Lists(route.Model, route.Version) == true)
        {
            return route.Kind == RouteKind.ModelReady
                ? HttpAnswers.SendAsync(
                    context, 400, HttpAnswers.Json, MetadataWriter.ModelReady(route.Model.ToString(), ready: false))
                : HttpAnswers.FailAsync(context, ServeErrors.ModelUnloaded.At($"{route.Model} was unloaded."));
        }

        string version = route.Version.IsEmpty ? "" : $" version {route.Version}";
        return HttpAnswers.FailAsync(
            context, InferErrors.ModelUnknown.At($"There is no model {route.Model}{version}."));
    }

    /// <summary>A question of the agent whether this process still answers: it is no request of anybody.</summary>
    private static bool IsProbe(Exchange context) =>
        context.IsOwn && context.Request.Headers.Host == OwnHosts.Probe;
}
