using Kedge.Inference.Control;

namespace Kedge.ModelServer.Grpc;

/// <summary>Paths of calls, and what they touch.</summary>
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
        Service + "ModelConfig" => GrpcMethod.ModelConfig,
        Service + "ModelStatistics" => GrpcMethod.Statistics,
        Service + "RepositoryIndex" => GrpcMethod.RepositoryIndex,
        Service + "RepositoryModelLoad" => GrpcMethod.RepositoryLoad,
        Service + "RepositoryModelUnload" => GrpcMethod.RepositoryUnload,
        Service + "SystemSharedMemoryStatus" => GrpcMethod.MemoryStatus,
        Service + "SystemSharedMemoryRegister" => GrpcMethod.MemoryRegister,
        Service + "SystemSharedMemoryUnregister" => GrpcMethod.MemoryUnregister,
        Service + "TraceSetting" => GrpcMethod.TraceSetting,
        Service + "LogSettings" => GrpcMethod.LogSettings,
        "/grpc.health.v1.Health/Check" => GrpcMethod.HealthCheck,
        _ => GrpcMethod.Unknown,
    };

    /// <summary>The word that opens a call on the public socket; null for one that is always open.</summary>
    internal static string? AreaOf(GrpcMethod method) => method switch
    {
        GrpcMethod.RepositoryIndex or GrpcMethod.RepositoryLoad or GrpcMethod.RepositoryUnload =>
            ControlAreas.Repository,
        GrpcMethod.TraceSetting => ControlAreas.Trace,
        GrpcMethod.LogSettings => ControlAreas.Logging,
        GrpcMethod.MemoryStatus or GrpcMethod.MemoryRegister or GrpcMethod.MemoryUnregister => ControlAreas.Memory,
        GrpcMethod.Unknown or GrpcMethod.Infer or GrpcMethod.Stream or GrpcMethod.Live or GrpcMethod.Ready
            or GrpcMethod.ModelReady or GrpcMethod.ServerMetadata or GrpcMethod.ModelMetadata
            or GrpcMethod.HealthCheck or GrpcMethod.ModelConfig or GrpcMethod.Statistics => null,
    };
}
