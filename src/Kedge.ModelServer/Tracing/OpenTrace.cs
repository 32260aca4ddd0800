using Kedge.Inference.Tracing;

namespace Kedge.ModelServer.Tracing;

/// <summary>A request that is being traced.</summary>
/// <param name="Parent">The trace that it names; null for none.</param>
/// <param name="IsLogged">True when the trace is told in the log too.</param>
internal sealed record OpenTrace(TraceParent? Parent, bool IsLogged);
