using System.Text;
using Kedge.Core.Errors;

namespace Kedge.Content.Gate;

/// <summary>Formats that are recognised by their first bytes so that a refusal can name them. Asked before the ONNX
/// walk: a file that two readers would take for two formats is refused.</summary>
internal static class FileSignature
{
    /// <summary>Why the file is refused; null when its first bytes are those of no format known here.</summary>
    public static Finding? Refusal(ReadOnlySpan<byte> file) => file switch
    {
        [] => ContentErrors.NotAModel.At("The file is empty."),
        [0x80, >= 2 and <= 5, ..] => ContentErrors.Pickle.At("The bytes are those of a Python pickle."),
        [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..] => ContentErrors.Pickle.At(
            "The bytes are those of a zip archive, as torch.save and Keras write; it may hold a pickle."),
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => Known("HDF5 (Keras)"),
        [(byte)'G', (byte)'G', (byte)'U', (byte)'F', ..] => Known("GGUF (llama.cpp)"),
        [_, _, _, _, (byte)'T', (byte)'F', (byte)'L', (byte)'3', ..] => Known("TensorFlow Lite"),
        [_, _, _, 0, 0, 0, 0, 0, (byte)'{', ..] => Known("safetensors: weights without a graph"),
        [0x1F, 0x8B, ..] => Other("a gzip archive: unpack it first"),
        [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] => Other("a program or library (ELF)"),
        [(byte)'M', (byte)'Z', ..] => Other("a program or library (PE)"),
        [(byte)'#', (byte)'!', ..] => Other("a script"),
        _ when IsText(file) => Other("text"),
        _ when IsTar(file) => Other("a tar archive: unpack it first"),
        _ => null,
    };

    /// <summary>
    /// True for formats of weights whose header says all: such a file may be larger than memory.
    /// </summary>
    public static bool IsJudgedByHeader(ReadOnlySpan<byte> head) => head is
        [(byte)'G', (byte)'G', (byte)'U', (byte)'F', ..]
        or [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..];

    private static Finding Known(string format) => ContentErrors.FormatNotServed.At($"The format is {format}.");

    private static Finding Other(string what) => ContentErrors.NotAModel.At($"The bytes are those of {what}.");

    private static bool IsTar(ReadOnlySpan<byte> file) => file.Length > 262 && file[257..262].SequenceEqual("ustar"u8);

    /// <summary>
    /// Text by the look of its beginning: printable ASCII and line breaks only. A model has zero bytes.
    /// </summary>
    private static bool IsText(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> head = file[..Math.Min(file.Length, 512)];
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
