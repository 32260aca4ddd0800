namespace Kedge.Content.Formats.Gguf;

/// <summary>
/// The element types of GGUF with their block lengths (<c>ggml_type</c>: gguf.md, and the block structures of
/// ggml-common.h). A block is a run of elements that share their scales; types that were removed are not here.
/// </summary>
internal static class GgufTypes
{
    /// <summary>What is known of the type with this number; null for any other.</summary>
    public static GgufType? Of(uint number) => number switch
    {
        0 => new("fp32", 1, 4, ElementKind.Float32),
        1 => new("fp16", 1, 2, ElementKind.Float16),
        2 => new("q4-0", 32, 18, ElementKind.Unknown),
        3 => new("q4-1", 32, 20, ElementKind.Unknown),
        6 => new("q5-0", 32, 22, ElementKind.Unknown),
        7 => new("q5-1", 32, 24, ElementKind.Unknown),
        8 => new("q8-0", 32, 34, ElementKind.Unknown),
        9 => new("q8-1", 32, 36, ElementKind.Unknown),
        10 => new("q2-k", 256, 84, ElementKind.Unknown),
        11 => new("q3-k", 256, 110, ElementKind.Unknown),
        12 => new("q4-k", 256, 144, ElementKind.Unknown),
        13 => new("q5-k", 256, 176, ElementKind.Unknown),
        14 => new("q6-k", 256, 210, ElementKind.Unknown),
        15 => new("q8-k", 256, 292, ElementKind.Unknown),
        16 => new("iq2-xxs", 256, 66, ElementKind.Unknown),
        17 => new("iq2-xs", 256, 74, ElementKind.Unknown),
        18 => new("iq3-xxs", 256, 98, ElementKind.Unknown),
        19 => new("iq1-s", 256, 50, ElementKind.Unknown),
        20 => new("iq4-nl", 32, 18, ElementKind.Unknown),
        21 => new("iq3-s", 256, 110, ElementKind.Unknown),
        22 => new("iq2-s", 256, 82, ElementKind.Unknown),
        23 => new("iq4-xs", 256, 136, ElementKind.Unknown),
        24 => new("int8", 1, 1, ElementKind.Int8),
        25 => new("int16", 1, 2, ElementKind.Int16),
        26 => new("int32", 1, 4, ElementKind.Int32),
        27 => new("int64", 1, 8, ElementKind.Int64),
        28 => new("fp64", 1, 8, ElementKind.Float64),
        29 => new("iq1-m", 256, 56, ElementKind.Unknown),
        30 => new("bf16", 1, 2, ElementKind.BFloat16),
        34 => new("tq1-0", 256, 54, ElementKind.Unknown),
        35 => new("tq2-0", 256, 66, ElementKind.Unknown),
        39 => new("mxfp4", 32, 17, ElementKind.Unknown),
        _ => null,
    };
}

/// <summary>One element type of GGUF.</summary>
/// <param name="Precision">Its name as a DNS label.</param>
/// <param name="BlockElements">Elements of a block; rows are whole blocks.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Element">How its bytes are compared.</param>
internal sealed record GgufType(string Precision, int BlockElements, int BlockBytes, ElementKind Element);
