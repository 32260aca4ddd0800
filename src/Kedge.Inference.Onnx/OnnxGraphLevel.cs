namespace Kedge.Inference.Onnx;

/// <summary>How far ONNX Runtime changes a graph that it loads; each level does what those before it do.</summary>
public enum OnnxGraphLevel
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>As it is: slower to run, for comparing.</summary>
    None = 1,

    /// <summary>Constants are computed, operations without effect go; only the standard's own operators.</summary>
    Basic = 2,

    /// <summary>Operations are fused, also into the runtime's own operators for any processor.</summary>
    Extended = 3,

    /// <summary>Tensors are laid out for the processor at hand: right to run here, not to be saved.</summary>
    All = 4,
}
