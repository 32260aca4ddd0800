using System.Runtime.InteropServices;

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
    string Protocol, long BeganAt, long WholeAt, long ReadAt, long RunAt, long ComputedAt);
