using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.ModelServer.Metrics;

/// <summary>Why a request failed, as Triton tells it apart.</summary>
internal enum FailureReason
{
    /// <summary>Anything else: mostly a request that is wrong.</summary>
    Other = 0,

    /// <summary>The queue was full, or the request waited too long.</summary>
    Rejected = 1,

    /// <summary>Whoever asked had gone.</summary>
    Canceled = 2,

    /// <summary>The runtime could not compute it.</summary>
    Backend = 3,
}

/// <summary>Names and causes of <see cref="FailureReason"/>.</summary>
internal static class FailureReasons
{
    /// <summary>All of them, in the order of their numbers.</summary>
    internal static readonly FailureReason[] All =
        [FailureReason.Other, FailureReason.Rejected, FailureReason.Canceled, FailureReason.Backend];

    internal static FailureReason Of(Finding fault) => fault.Code switch
    {
        _ when fault.Code == InferErrors.QueueFull.Code || fault.Code == InferErrors.QueueTimeout.Code =>
            FailureReason.Rejected,
        _ when fault.Code == InferErrors.ClientGone.Code || fault.Code == ServeErrors.RunStopped.Code =>
            FailureReason.Canceled,
        _ when fault.Code == InferErrors.RunFailed.Code => FailureReason.Backend,
        _ => FailureReason.Other,
    };

    /// <summary>Value of the label <c>reason</c>.</summary>
    internal static string Label(FailureReason reason) => reason switch
    {
        FailureReason.Other => "OTHER",
        FailureReason.Rejected => "REJECTED",
        FailureReason.Canceled => "CANCELED",
        FailureReason.Backend => "BACKEND",
    };
}
