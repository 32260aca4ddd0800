namespace Kedge.Inference.Grpc;

/// <summary>How reading the elements of a tensor ended.</summary>
internal enum ContentsResult
{
    /// <summary>Nothing was read.</summary>
    Unknown = 0,

    /// <summary>It was read whole.</summary>
    Done = 1,

    /// <summary>It is no protobuf message.</summary>
    NotMessage = 2,

    /// <summary>An element is none of its type.</summary>
    NotValue = 3,

    /// <summary>There are more or fewer elements than the shape says.</summary>
    NotShape = 4,
}
