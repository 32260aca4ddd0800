using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.ModelServer.Control;

namespace Kedge.ModelServer.Http;

/// <summary>Answers over REST what <see cref="ServerControl"/> does. None of this is asked often.</summary>
internal sealed class ControlAnswers(ServeContext context)
{
    private readonly ServerControl _control = new(context);

    /// <summary>True for an address that is answered here.</summary>
    internal static bool Has(RouteKind kind) => AreaOf(kind) is not null;

    /// <summary>Answers a request.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="kind">What it asks for.</param>
    /// <param name="name">The model or region of its address; empty for none.</param>
    internal async Task AnswerAsync(Exchange exchange, RouteKind kind, string name)
    {
        string area = AreaOf(kind) ?? throw Kedge.Core.Check.Unreachable(kind);
        if (_control.Refuse(area, exchange.IsOwn) is { } closed)
        {
            await HttpAnswers.FailAsync(exchange, closed).ConfigureAwait(false);
            return;
        }

        bool isGet = exchange.Request.Method is "GET" or "HEAD";
        string allowed = MethodsOf(kind);
        if (!(isGet ? allowed.Contains("GET", StringComparison.Ordinal)
            : exchange.Request.Method == "POST" && allowed.Contains("POST", StringComparison.Ordinal)))
        {
            exchange.Response.Headers.Allow = allowed;
            await HttpAnswers.FailAsync(exchange, 405, InferErrors.AddressUnknown.At(
                $"{exchange.Request.Method} is not for {exchange.Request.Path}.")).ConfigureAwait(false);
            return;
        }

        byte[]? body = isGet ? null : await ReadBodyAsync(exchange).ConfigureAwait(false);
        if (!isGet && body is null)
        {
            await HttpAnswers.FailAsync(exchange, InferErrors.TooLarge.At(string.Create(
                CultureInfo.InvariantCulture,
                $"A body here may have {ServeLimits.ControlBodyBytesMax} bytes."))).ConfigureAwait(false);
            return;
        }

        await AnswerAsync(exchange, kind, name, body).ConfigureAwait(false);
    }

    private Task AnswerAsync(Exchange exchange, RouteKind kind, string name, byte[]? body) => kind switch
    {
        RouteKind.RepositoryIndex => IndexAsync(exchange, body),
        RouteKind.RepositoryLoad => LoadAsync(exchange, name, body),
        RouteKind.RepositoryUnload => UnloadAsync(exchange, name, body),
        RouteKind.TraceSetting => TraceAsync(exchange, name, body),
        RouteKind.Logging => LoggingAsync(exchange, body),
        RouteKind.MemoryStatus => MemoryStatusAsync(exchange, name),
        RouteKind.MemoryRegister => HttpAnswers.FailAsync(exchange, ServerControl.RefuseRegion()),
        RouteKind.MemoryUnregister => UnregisterAsync(exchange, name),
        RouteKind.Unknown or RouteKind.Server or RouteKind.Live or RouteKind.Ready or RouteKind.Model
            or RouteKind.ModelReady or RouteKind.Infer or RouteKind.Metrics or RouteKind.Models
            or RouteKind.Statistics or RouteKind.Config => throw Kedge.Core.Check.Unreachable(kind),
    };

    private Task IndexAsync(Exchange exchange, ReadOnlySpan<byte> body)
    {
        if (RepositoryCodec.ReadIndex(body, out bool onlyReady) is { } fault)
        {
            return HttpAnswers.FailAsync(exchange, fault);
        }

        return HttpAnswers.SendJsonAsync(exchange, RepositoryCodec.WriteIndex(_control.Index(onlyReady)));
    }

    private async Task LoadAsync(Exchange exchange, string name, byte[]? body)
    {
        Finding? fault = RepositoryCodec.ReadLoad(body)
            ?? await _control.LoadAsync(name, exchange.Gone).ConfigureAwait(false);
        await DoneAsync(exchange, fault).ConfigureAwait(false);
    }

    private async Task UnloadAsync(Exchange exchange, string name, byte[]? body)
    {
        Finding? fault = RepositoryCodec.ReadUnload(body, out bool dependents)
            ?? await _control.UnloadAsync(name, dependents, exchange.Gone).ConfigureAwait(false);
        await DoneAsync(exchange, fault).ConfigureAwait(false);
    }

    private Task TraceAsync(Exchange exchange, string model, byte[]? body) =>
        _control.ChangeTrace(model, body) is { } fault
            ? HttpAnswers.FailAsync(exchange, fault)
            : HttpAnswers.SendJsonAsync(exchange, context.Tracer.Board.Read(model));

    private Task LoggingAsync(Exchange exchange, byte[]? body) => _control.ChangeLog(body) is { } fault
        ? HttpAnswers.FailAsync(exchange, fault)
        : HttpAnswers.SendJsonAsync(exchange, _control.ReadLog().Write());

    private Task MemoryStatusAsync(Exchange exchange, string name) =>
        _control.FindRegions(name, out ImmutableArray<SharedRegion> found) is { } fault
            ? HttpAnswers.FailAsync(exchange, fault)
            : HttpAnswers.SendJsonAsync(exchange, RegionStatusWriter.Write(found));

    private Task UnregisterAsync(Exchange exchange, string name)
    {
        _control.Unregister(name);
        return DoneAsync(exchange, null);
    }

    private static Task DoneAsync(Exchange exchange, Finding? fault) => fault is null
        ? HttpAnswers.SendJsonAsync(exchange, ReadOnlyMemory<byte>.Empty)
        : HttpAnswers.FailAsync(exchange, fault);

    /// <summary>The whole body as it came; null when it is longer than settings can be.</summary>
    private static async Task<byte[]?> ReadBodyAsync(Exchange exchange)
    {
        try
        {
            WholeBody body = await WholeBody.ReadAsync(
                exchange.RequestBody.Reader,
                exchange.Request.Headers.ContentLength,
                ServeLimits.ControlBodyBytesMax).ConfigureAwait(false);
            byte[]? copy = body.IsTooLarge ? null : body.Bytes.ToArray();
            body.Release();
            await ReadingThread.LeaveAsync();
            return copy;
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            // Kestrel's own limit, or a client that went away: the answer is the same, if anybody reads it.
            return null;
        }
    }

    /// <summary>The word that opens it in the configuration.</summary>
    private static string? AreaOf(RouteKind kind) => kind switch
    {
        RouteKind.RepositoryIndex or RouteKind.RepositoryLoad or RouteKind.RepositoryUnload => ControlAreas.Repository,
        RouteKind.TraceSetting => ControlAreas.Trace,
        RouteKind.Logging => ControlAreas.Logging,
        RouteKind.MemoryStatus or RouteKind.MemoryRegister or RouteKind.MemoryUnregister => ControlAreas.Memory,
        RouteKind.Unknown or RouteKind.Server or RouteKind.Live or RouteKind.Ready or RouteKind.Model
            or RouteKind.ModelReady or RouteKind.Infer or RouteKind.Metrics or RouteKind.Models
            or RouteKind.Statistics or RouteKind.Config => null,
    };

    private static string MethodsOf(RouteKind kind) => kind switch
    {
        RouteKind.TraceSetting or RouteKind.Logging => "GET, HEAD, POST",
        RouteKind.MemoryStatus => "GET, HEAD",
        _ => "POST",
    };
}
