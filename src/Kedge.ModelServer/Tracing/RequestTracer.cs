using Kedge.Core.Errors;
using Kedge.Inference.Control;
using Kedge.Inference.Tracing;
using Kedge.ModelServer.Models;
using Kedge.Native;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer.Tracing;

/// <summary>
/// Traces requests of any protocol into the ring that the agent empties. Off it costs one look at a flag; only what is
/// traced allocates.
/// </summary>
internal sealed class RequestTracer(TimeProvider time, ILogger log)
{
    private const int TraceDigits = 32;
    private const int SpanDigits = 16;

    /// <summary>The settings.</summary>
    internal TraceBoard Board { get; } = new();

    /// <summary>What was traced and not yet fetched.</summary>
    internal TraceRing Ring { get; } = new(ServeLimits.TracesMax);

    /// <summary>Decides whether a request is traced; null when it is not. Asked only where the board is on.</summary>
    /// <param name="model">Name of the model that it is for.</param>
    /// <param name="traceparent">The header of that name; null for none.</param>
    internal OpenTrace? Begin(string model, string? traceparent)
    {
        TraceParent? parent = TraceParent.Parse(traceparent);
        return Board.Of(model).Takes(parent, out bool isLogged) ? new OpenTrace(parent, isLogged) : null;
    }

    /// <summary>Keeps the trace of a request that is answered.</summary>
    /// <param name="trace">From <see cref="Begin"/>.</param>
    /// <param name="model">The model that it was for.</param>
    /// <param name="steps">When its parts ended.</param>
    /// <param name="fault">What went wrong; null for an answer.</param>
    internal void End(OpenTrace trace, ServedModel model, in TraceSteps steps, Finding? fault)
    {
        long now = time.GetTimestamp();
        long Nanoseconds(long from, long to) => Math.Max((long)time.GetElapsedTime(from, to).TotalNanoseconds, 0);
        long endNs = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        ControlTrace done = new()
        {
            Trace = trace.Parent?.Trace ?? SystemRandom.Hex(TraceDigits),
            Span = SystemRandom.Hex(SpanDigits),
            Parent = trace.Parent?.Span,
            Model = model.Name,
            Version = model.Version,
            Protocol = steps.Protocol,
            AtNs = endNs - Nanoseconds(steps.BeganAt, now),
            AcceptNs = Nanoseconds(steps.BeganAt, steps.WholeAt),
            ParseNs = Nanoseconds(steps.WholeAt, steps.ReadAt),
            QueueNs = Nanoseconds(steps.ReadAt, steps.RunAt),
            RunNs = Nanoseconds(steps.RunAt, steps.ComputedAt),
            WriteNs = Nanoseconds(steps.ComputedAt, now),
            Error = fault?.Code,
        };
        Ring.Add(done);
        if (trace.IsLogged)
        {
            ServeLog.Traced(
                log, done.Trace, done.Model, done.AcceptNs, done.ParseNs, done.QueueNs, done.RunNs, done.WriteNs);
        }
    }
}
