namespace Kedge.Inference.Grpc;

/// <summary>Status codes of gRPC that this server answers; the numbers are the standard's.</summary>
public enum GrpcStatus
{
    /// <summary>It went well.</summary>
    Ok = 0,

    /// <summary>Whoever asked has gone.</summary>
    Cancelled = 1,

    /// <summary>Something that no other code says.</summary>
    Unknown = 2,

    /// <summary>The request is wrong, whatever state the server is in.</summary>
    InvalidArgument = 3,

    /// <summary>The time that the caller gave has passed.</summary>
    DeadlineExceeded = 4,

    /// <summary>There is no such model or region.</summary>
    NotFound = 5,

    /// <summary>This is not for callers of this socket.</summary>
    PermissionDenied = 7,

    /// <summary>It is larger than the server takes.</summary>
    ResourceExhausted = 8,

    /// <summary>There is no such call, or it is not to be had here.</summary>
    Unimplemented = 12,

    /// <summary>The server failed.</summary>
    Internal = 13,

    /// <summary>Not now; the same request may be sent again.</summary>
    Unavailable = 14,
}
