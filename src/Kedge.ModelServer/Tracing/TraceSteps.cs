using System.Runtime.InteropServices;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Tracing;

/// <summary>When the parts of one request ended: timestamps of the process's clock, ascending.</summary>
/// <param name="Protocol"><c>http</c> or <c>grpc</c>.</param>
/// <param name="BeganAt">Its head was read.</param>
/// <param name="WholeAt">Its body was here whole.</param>
/// <param name="ReadAt">It was read into tensors.</param>
/// <param name="RunAt">Computing began.</param>
/// <param name="ComputedAt">Computing ended.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TraceSteps(
    string Protocol, long BeganAt, long WholeAt, long ReadAt, long RunAt, long ComputedAt)
{
    /// <summary>The steps of a request that was computed, or refused.</summary>
    /// <param name="protocol"><c>http</c> or <c>grpc</c>.</param>
    /// <param name="beganAt">Its head was read.</param>
    /// <param name="wholeAt">Its body was here whole.</param>
    /// <param name="run">Knows the rest.</param>
    internal static TraceSteps Of(string protocol, long beganAt, long wholeAt, InferenceRun run)
    {
        // One that was never its turn, because its answer was known say, has that time from the request before it.
        bool hadTurn = run.ComputeStartedAt >= run.ReadAt && run.ComputeStartedAt <= run.ComputedAt;
        return new TraceSteps(
            protocol, beganAt, wholeAt, run.ReadAt, hadTurn ? run.ComputeStartedAt : run.ReadAt, run.ComputedAt);
    }
}
