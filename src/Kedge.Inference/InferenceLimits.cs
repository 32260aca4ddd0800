namespace Kedge.Inference;

/// <summary>Every limit of inference and its control, with unit and reason.</summary>
public static class InferenceLimits
{
    /// <summary>
    /// Models in one server: a hundred small ones take less than 100 MB together, and the status of all fits one line.
    /// </summary>
    public const int ModelsMax = 128;

    /// <summary>Bytes of a configuration file: 16 models with the longest references stay below.</summary>
    public const int ConfigBytesMax = 512 * 1024;

    /// <summary>
    /// Bytes of a control line with its end mark: the reply of 128 models stays below, and so do figures with every
    /// bucket.
    /// </summary>
    public const int ControlLineBytesMax = 64 * 1024;

    /// <summary>Dimensions of a tensor: no runtime here computes with more.</summary>
    public const int RankMax = 16;

    /// <summary>Inputs or outputs of one model or request.</summary>
    public const int TensorsMax = 256;

    /// <summary>Bytes of one tensor: the longest .NET array, less a page.</summary>
    public const long TensorBytesMax = 0x7FFF_0000;

    /// <summary>UTF-8 bytes of a tensor's name.</summary>
    public const int NameBytesMax = 512;

    /// <summary>UTF-8 bytes of a request's id.</summary>
    public const int IdBytesMax = 256;

    /// <summary>UTF-8 bytes of the name of a shared memory region.</summary>
    public const int RegionNameBytesMax = 128;

    /// <summary>Regions of shared memory at once: a client needs one or two.</summary>
    public const int RegionsMax = 64;

    /// <summary>
    /// Bytes of all regions together: pages that the server touches first count for its own memory limit.
    /// </summary>
    public const long RegionBytesMax = 512L * 1024 * 1024;

    /// <summary>Classes of one output that a request may ask for: each is a text of its own.</summary>
    public const int ClassesMax = 10_000;

    /// <summary>
    /// Longest timeout of a request, in microseconds: beyond a year nobody waits, and no clock overflows.
    /// </summary>
    public const long TimeoutUsMax = 31_536_000_000_000;

    /// <summary>Depth of JSON outside of tensor data: parameters may nest a little.</summary>
    public const int JsonDepthMax = 32;

    /// <summary>Bytes of a golden set: a few samples of a camera image as JSON.</summary>
    public const int GoldenBytesMax = 128 * 1024 * 1024;

    /// <summary>Samples of a golden set: a preflight runs all of them.</summary>
    public const int GoldenSamplesMax = 1000;
}
