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

    /// <summary><c>ModelConfig</c>.</summary>
    ModelConfig = 9,

    /// <summary><c>ModelStatistics</c>.</summary>
    Statistics = 10,

    /// <summary><c>RepositoryIndex</c>.</summary>
    RepositoryIndex = 11,

    /// <summary><c>RepositoryModelLoad</c>.</summary>
    RepositoryLoad = 12,

    /// <summary><c>RepositoryModelUnload</c>.</summary>
    RepositoryUnload = 13,

    /// <summary><c>SystemSharedMemoryStatus</c>.</summary>
    MemoryStatus = 14,

    /// <summary><c>SystemSharedMemoryRegister</c>.</summary>
    MemoryRegister = 15,

    /// <summary><c>SystemSharedMemoryUnregister</c>.</summary>
    MemoryUnregister = 16,

    /// <summary><c>TraceSetting</c>.</summary>
    TraceSetting = 17,

    /// <summary><c>LogSettings</c>.</summary>
    LogSettings = 18,
}
