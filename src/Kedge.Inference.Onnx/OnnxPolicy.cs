namespace Kedge.Inference.Onnx;

/// <summary>
/// What ONNX Runtime prefers when it chooses the devices that compute a model by itself
/// (<c>OrtExecutionProviderDevicePolicy</c>).
/// </summary>
public enum OnnxPolicy
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>It does not choose: the providers that are named compute, and the processor what they leave.</summary>
    Named = 1,

    /// <summary>What the runtime thinks best.</summary>
    Default = 2,

    /// <summary>The processor.</summary>
    PreferCpu = 3,

    /// <summary>A neural unit, where there is one.</summary>
    PreferNpu = 4,

    /// <summary>A graphics unit, where there is one.</summary>
    PreferGpu = 5,

    /// <summary>The fastest.</summary>
    MaxPerformance = 6,

    /// <summary>What takes the least power.</summary>
    MaxEfficiency = 7,
}
