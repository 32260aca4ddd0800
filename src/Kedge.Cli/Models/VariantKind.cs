namespace Kedge.Cli.Models;

/// <summary>Kinds of variants that are made of a model.</summary>
internal enum VariantKind
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>The graph as ONNX Runtime changes it for any processor.</summary>
    Graph = 1,

    /// <summary>Weights stored in 16 bits.</summary>
    Fp16 = 2,

    /// <summary>Weights stored in 8 bits, matrix products computed in 8 bits.</summary>
    Int8 = 3,
}
