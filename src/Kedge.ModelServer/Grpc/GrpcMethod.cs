namespace Kedge.ModelServer.Grpc;

/// <summary>What a call asks for: the calls of the Open Inference Protocol, Triton's, and the health check.</summary>
internal enum GrpcMethod
{
    /// <summary>None that we know.</summary>
    Unknown = 0,

    /// <summary><c>ModelInfer</c>.</summary>
    Infer = 1,

    /// <summary><c>ModelStreamInfer</c>.</summary>
    Stream = 2,

    /// <summary><c>ServerLive</c>.</summary>
    Live = 3,

    /// <summary><c>ServerReady</c>.</summary>
    Ready = 4,

    /// <summary><c>ModelReady</c>.</summary>
    ModelReady = 5,

    /// <summary><c>ServerMetadata</c>.</summary>
    ServerMetadata = 6,

    /// <summary><c>ModelMetadata</c>.</summary>
    ModelMetadata = 7,

    /// <summary><c>grpc.health.v1.Health/Check</c>.</summary>
    HealthCheck = 8,
}

/// <summary>Paths of calls.</summary>
internal static class GrpcMethods
{
    private const string Service = "/inference.GRPCInferenceService/";

    /// <summary>The call at a path.</summary>
    internal static GrpcMethod Of(string path) => path switch
    {
        Service + "ModelInfer" => GrpcMethod.Infer,
        Service + "ModelStreamInfer" => GrpcMethod.Stream,
        Service + "ServerLive" => GrpcMethod.Live,
        Service + "ServerReady" => GrpcMethod.Ready,
        Service + "ModelReady" => GrpcMethod.ModelReady,
        Service + "ServerMetadata" => GrpcMethod.ServerMetadata,
        Service + "ModelMetadata" => GrpcMethod.ModelMetadata,
        "/grpc.health.v1.Health/Check" => GrpcMethod.HealthCheck,
        _ => GrpcMethod.Unknown,
    };
}
