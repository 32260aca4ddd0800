using System.Text;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Gate;

/// <summary>What a file is by its first bytes, so that it is read as that and as nothing else, or a refusal can name
/// it. A file that two readers would take for two formats is refused.</summary>
internal static class FileSignature
{
    /// <summary>How many of a file's first bytes decide.</summary>
    public const int HeadBytes = 512;

    /// <summary>Why the file is refused; null when its first bytes are those of no format that is.</summary>
    public static Finding? Refusal(ReadOnlySpan<byte> head) => head switch
    {
        [] => ContentErrors.NotAModel.At("The file is empty."),
        _ when IsPickle(head) => ContentErrors.Pickle.At("The bytes are those of a Python pickle."),
        [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..] => ContentErrors.Pickle.At(
            "The bytes are those of a zip archive, as torch.save and Keras write; it may hold a pickle."),
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => ContentErrors.FormatNotServed.At(
            "The format is HDF5 (Keras)."),
        [0x1F, 0x8B, ..] => Other("a gzip archive: unpack it first"),
        [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] => Other("a program or library (ELF)"),
        [(byte)'M', (byte)'Z', ..] => Other("a program or library (PE)"),
        [(byte)'#', (byte)'!', ..] => Other("a script"),
        _ when IsText(head) => Other("text"),
        _ when IsTar(head) => Other("a tar archive: unpack it first"),
        _ => null,
    };

    /// <summary>
    /// The format that the first bytes name; ONNX for any other, since protocol buffers begin with no fixed bytes.
    /// </summary>
    public static ModelFormat FormatOf(ReadOnlySpan<byte> head) => head switch
    {
        [(byte)'G', (byte)'G', (byte)'U', (byte)'F', ..] => ModelFormat.Gguf,
        [_, _, _, _, (byte)'T', (byte)'F', (byte)'L', (byte)'3', ..] => ModelFormat.TfLite,

        // The length of the header, at most 100 MB, and the beginning of its JSON.
        [_, _, _, <= 5, 0, 0, 0, 0, (byte)'{', ..] => ModelFormat.Safetensors,
        _ => ModelFormat.Onnx,
    };

    /// <summary>
    /// A pickle begins with its protocol's number, and no instruction is zero: 0x80, 2, 0 is the length of the header
    /// of a safetensors file.
    /// </summary>
    private static bool IsPickle(ReadOnlySpan<byte> head) =>
        head is [0x80, >= 2 and <= 5] or [0x80, >= 2 and <= 5, not 0, ..];

    private static Finding Other(string what) => ContentErrors.NotAModel.At($"The bytes are those of {what}.");

    private static bool IsTar(ReadOnlySpan<byte> head) => head.Length > 262 && head[257..262].SequenceEqual("ustar"u8);

    /// <summary>
    /// Text by the look of its beginning: printable ASCII and line breaks only. A model has zero bytes.
    /// </summary>
    private static bool IsText(ReadOnlySpan<byte> head)
    {
        foreach (byte value in head)
        {
            if (value is not ((>= 0x20 and < 0x7F) or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return false;
            }
        }

        return Ascii.IsValid(head);
    }
}
