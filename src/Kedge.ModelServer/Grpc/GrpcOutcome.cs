using System.Runtime.InteropServices;
using Kedge.Core.Errors;

namespace Kedge.ModelServer.Grpc;

/// <summary>How one request ended.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GrpcOutcome
{
    /// <summary>Why there is no answer; null when there is one.</summary>
    internal Finding? Fault { get; init; }

    /// <summary>It is one message of a stream.</summary>
    internal bool InStream { get; init; }

    /// <summary>Length of the answer's message, in bytes.</summary>
    internal int ByteCount { get; init; }

    /// <summary>When to come again; zero for no advice.</summary>
    internal TimeSpan RetryAfter { get; init; }
}
