using System.Collections.Frozen;

namespace Kedge.Content.Formats.TfLite;

/// <summary>
/// Operators of TensorFlow Lite (<c>BuiltinOperator</c> of its schema) as far as they matter here: which the runtime
/// brings along, and which of them call other subgraphs or have options that point to something.
/// </summary>
internal static class TfLiteOperators
{
    public const int Reshape = 22;
    public const int ConcatEmbeddings = 29;
    public const int Call = 31;
    public const int Custom = 32;
    public const int Squeeze = 43;
    public const int Delegate = 51;
    public const int If = 118;
    public const int While = 119;
    public const int Placeholder = 127;
    public const int CallOnce = 129;
    public const int VarHandle = 142;
    public const int Bucketize = 147;

    /// <summary>The last operator before those of StableHLO, which the runtime does not compute.</summary>
    public const int Last = 161;

    /// <summary>
    /// Custom operators that the runtime itself brings along: <c>BuiltinOpResolver</c> of its kernels/register.cc.
    /// </summary>
    private static readonly FrozenSet<string> AllowedCustom = new[]
    {
        "AudioSpectrogram", "Mfcc", "NumericVerify", "TFLite_Detection_PostProcess",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a custom operator needs no library of its own.</summary>
    public static bool IsAllowedCustom(string name) => AllowedCustom.Contains(name);

    /// <summary>How many slots of an operator's options name a subgraph, from the first on.</summary>
    public static int SubgraphSlots(int code) => code switch
    {
        If or While => 2,
        Call or CallOnce => 1,
        _ => 0,
    };

    /// <summary>Slots of an operator's options that point to vectors of 4-byte numbers, first and last.</summary>
    public static (int First, int Last)? VectorSlots(int code) => code switch
    {
        Reshape or Squeeze or Bucketize => (0, 0),
        ConcatEmbeddings => (1, 2),
        _ => null,
    };
}
