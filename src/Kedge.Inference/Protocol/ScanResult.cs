namespace Kedge.Inference.Protocol;

/// <summary>How reading a piece of tensor data ended.</summary>
internal enum ScanResult
{
    /// <summary>Nothing was read.</summary>
    Unknown = 0,

    /// <summary>It was read whole.</summary>
    Done = 1,

    /// <summary>It is not JSON.</summary>
    NotJson = 2,

    /// <summary>It is JSON, but no value of the element type.</summary>
    NotValue = 3,

    /// <summary>The number or nesting of the elements is not that of the shape.</summary>
    NotShape = 4,

    /// <summary>The elements take more memory than a tensor may.</summary>
    TooLarge = 5,
}
