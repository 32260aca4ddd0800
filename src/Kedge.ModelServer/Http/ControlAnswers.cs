using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Logging;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Answers what changes the server or tells of its inside: the repository, traces, the log, shared memory. On the
/// public socket each of these areas is closed unless the configuration opens it. None of this is asked often.
/// </summary>
internal sealed class ControlAnswers(ServeContext context)
{
    /// <summary>True for an address that is answered here.</summary>
    internal static bool Has(RouteKind kind) => AreaOf(kind) is not null;

    /// <summary>Answers a request.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="kind">What it asks for.</param>
    /// <param name="name">The model or region of its address; empty for none.</param>
    internal async Task AnswerAsync(Exchange exchange, RouteKind kind, string name)
    {
        string area = AreaOf(kind) ?? throw Kedge.Core.Check.Unreachable(kind);
        if (!exchange.IsOwn && !context.OpenControl.Contains(area))
        {
            await HttpAnswers.FailAsync(
                exchange, InferErrors.ControlClosed.At($"'{area}' is not open here.")).ConfigureAwait(false);
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
        RouteKind.MemoryRegister => HttpAnswers.FailAsync(exchange, InferErrors.RegionRefused.At(
            "A region is not named but handed over: connect to the Unix socket for shared memory.")),
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

        IEnumerable<RepositoryEntry> entries = context.Repository is null
            ? context.Models.Select(static model => new RepositoryEntry(model.Name, model.Version, "READY"))
            : context.Repository.Index().Select(static slot =>
                new RepositoryEntry(slot.Name, slot.Version, slot.IndexWord, slot.IndexReason));
        return HttpAnswers.SendJsonAsync(exchange, RepositoryCodec.WriteIndex(
            onlyReady ? entries.Where(static entry => entry.State == "READY") : entries));
    }

    private async Task LoadAsync(Exchange exchange, string name, byte[]? body)
    {
        Finding? fault = RepositoryCodec.ReadLoad(body);
        if (fault is null && context.Repository is { } repository)
        {
            fault = await repository.LoadAsync(name, exchange.Gone).ConfigureAwait(false);
        }

        await DoneAsync(exchange, fault).ConfigureAwait(false);
    }

    private async Task UnloadAsync(Exchange exchange, string name, byte[]? body)
    {
        Finding? fault = RepositoryCodec.ReadUnload(body, out bool dependents);
        if (fault is null && context.Repository is { } repository)
        {
            fault = await repository.UnloadAsync(name, dependents, exchange.Gone).ConfigureAwait(false);
        }

        await DoneAsync(exchange, fault).ConfigureAwait(false);
    }

    private Task TraceAsync(Exchange exchange, string model, byte[]? body)
    {
        if (model.Length > 0 && context.Table.Find(model, default) is null)
        {
            return HttpAnswers.FailAsync(exchange, InferErrors.ModelUnknown.At($"There is no model {model}."));
        }

        Finding? fault = body is null ? null : context.Tracer.Board.Change(model, body);
        return fault is not null
            ? HttpAnswers.FailAsync(exchange, fault)
            : HttpAnswers.SendJsonAsync(exchange, context.Tracer.Board.Read(model));
    }

    private Task LoggingAsync(Exchange exchange, byte[]? body)
    {
        if (body is not null)
        {
            if (context.LogFile.Setting.Change(body, out LogSetting changed) is { } fault)
            {
                return HttpAnswers.FailAsync(exchange, fault);
            }

            context.LogFile.Setting = changed;
        }

        return HttpAnswers.SendJsonAsync(exchange, context.LogFile.Setting.Write());
    }

    private Task MemoryStatusAsync(Exchange exchange, string name)
    {
        IEnumerable<SharedRegion> regions = context.Regions?.Regions ?? [];
        SharedRegion[] meant = [.. regions.Where(region => name.Length == 0 || region.Name == name)];
        return name.Length > 0 && meant.Length == 0
            ? HttpAnswers.FailAsync(exchange, InferErrors.RegionUnknown.At($"There is no region '{name}'."))
            : HttpAnswers.SendJsonAsync(exchange, RegionStatusWriter.Write(meant));
    }

    /// <summary>As Triton does, taking out what is not there is no error.</summary>
    private Task UnregisterAsync(Exchange exchange, string name)
    {
        if (name.Length == 0)
        {
            context.Regions?.Clear();
        }
        else
        {
            _ = context.Regions?.Remove(name);
        }

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
