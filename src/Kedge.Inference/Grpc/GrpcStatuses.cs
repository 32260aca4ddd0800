using Kedge.Inference.Errors;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Which status each error of ours is in gRPC, as Triton answers it: 503 of REST is UNAVAILABLE, 404 NOT_FOUND.
/// </summary>
public static class GrpcStatuses
{
    /// <summary>The status of an error; what is not named here is the caller's mistake.</summary>
    /// <param name="code">A code of <see cref="InferErrors"/> or <see cref="ServeErrors"/>.</param>
    public static GrpcStatus Of(string code) => code switch
    {
        _ when code == InferErrors.ControlClosed.Code => GrpcStatus.PermissionDenied,
        _ when code == InferErrors.ModelUnknown.Code || code == InferErrors.RegionUnknown.Code => GrpcStatus.NotFound,
        _ when code == ServeErrors.ModelUnloaded.Code || code == ServeErrors.ModelNotListed.Code =>
            GrpcStatus.NotFound,
        _ when code == InferErrors.TooLarge.Code || code == InferErrors.AnswerTooLarge.Code =>
            GrpcStatus.ResourceExhausted,
        _ when code == InferErrors.RunFailed.Code || code == InferErrors.OutputInexpressible.Code =>
            GrpcStatus.Internal,
        _ when code == InferErrors.QueueFull.Code || code == InferErrors.QueueTimeout.Code => GrpcStatus.Unavailable,
        _ when code == ServeErrors.LoadTooSlow.Code || code == ServeErrors.LoadQueueFull.Code =>
            GrpcStatus.Unavailable,
        _ when code == ServeErrors.ModelLoadFailed.Code || code == ServeErrors.ModelTooLarge.Code =>
            GrpcStatus.Unavailable,
        _ when code == InferErrors.StreamEnded.Code => GrpcStatus.Unavailable,
        _ when code == InferErrors.DeadlinePassed.Code => GrpcStatus.DeadlineExceeded,
        _ when code == InferErrors.ClientGone.Code || code == ServeErrors.RunStopped.Code => GrpcStatus.Cancelled,
        _ when code == InferErrors.CallUnknown.Code || code == InferErrors.EncodingUnknown.Code
            || code == InferErrors.RepositoryNamed.Code => GrpcStatus.Unimplemented,
        _ => GrpcStatus.InvalidArgument,
    };
}
