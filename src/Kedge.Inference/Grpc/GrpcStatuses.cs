using Kedge.Inference.Errors;

namespace Kedge.Inference.Grpc;

/// <summary>Which status each error of ours is in gRPC.</summary>
public static class GrpcStatuses
{
    /// <summary>The status of an error; what is not named here is the caller's mistake.</summary>
    /// <param name="code">A code of <see cref="InferErrors"/>.</param>
    public static GrpcStatus Of(string code) => code switch
    {
        _ when code == InferErrors.ModelUnknown.Code => GrpcStatus.NotFound,
        _ when code == InferErrors.TooLarge.Code || code == InferErrors.AnswerTooLarge.Code =>
            GrpcStatus.ResourceExhausted,
        _ when code == InferErrors.RunFailed.Code || code == InferErrors.OutputInexpressible.Code =>
            GrpcStatus.Internal,
        _ when code == InferErrors.QueueFull.Code || code == InferErrors.StreamEnded.Code => GrpcStatus.Unavailable,
        _ when code == InferErrors.QueueTimeout.Code || code == InferErrors.DeadlinePassed.Code =>
            GrpcStatus.DeadlineExceeded,
        _ when code == InferErrors.ClientGone.Code => GrpcStatus.Cancelled,
        _ when code == InferErrors.CallUnknown.Code || code == InferErrors.EncodingUnknown.Code =>
            GrpcStatus.Unimplemented,
        _ => GrpcStatus.InvalidArgument,
    };
}
